import type { KeyPin } from "../../x509/certificate-facts.ts";

export type { KeyPin };

/** `pending` waits for an operator: a stranger, or a key that was set aside. `retired` is a key replaced by rotation or by an approval. */
export type KeyState = "pending" | "trusted" | "revoked" | "ignored" | "retired";

/** How a key came to its state. */
export type KeySource = "first-use" | "approved" | "token" | "rotation" | "ca" | "import";

/** What the store knows about one key. Times are milliseconds since the epoch. */
export interface KeyRecord {
  readonly pin: KeyPin;
  readonly state: KeyState;
  /** The name this key speaks for; null for a stranger that waits. Bound until `forget`. */
  readonly peer: string | null;
  /** The name that speaks for it, folded; null with it. */
  readonly nameKey: string | null;
  /** The name that the certificate claims and that was accepted with it; null when there was none. */
  readonly claimedName: string | null;
  /** That name, folded. */
  readonly claimedKey: string | null;
  /** A name that waits for approval: what a later certificate of a trusted key claims, or a pending key's if not its claim. */
  readonly newName: string | null;
  /** That name, folded. */
  readonly newKey: string | null;
  readonly source: KeySource;
  /** SHA-256 of the newest certificate, lower-case hex. */
  readonly fingerprint: string;
  readonly firstSeen: number | null;
  /** Where its first handshake came from; null when it was brought by hand, or came by no address. */
  readonly firstAddress: string | null;
  /** When the approval, or the pending entry, ends; null for never, and for a key that was set aside. */
  readonly expires: number | null;
  /** The key that holds the claimed name; only for a pending key. */
  readonly conflictsWith: KeyPin | null;
  /** A revoked or retired key showed up again after its state was set; recorded once. */
  readonly staleSeen: boolean;
  /** What it endorsed before this moment is void: it was barred or forgotten in between. 0 when it never was. */
  readonly endorsesFrom: number;
  /** What an operator wrote about it. */
  readonly note: string | null;
  /**
   * Another number whenever a name, the state, the conflict, the end, the groups or the note is another; the same as long
   * as the key is only seen again. No key ever has one of them twice, not even after it was dropped and came back.
   */
  readonly version: number;
}

/** One certificate of a key; the last 8 are kept. */
export interface CertificateRecord {
  readonly pin: KeyPin;
  readonly fingerprint: string;
  readonly der: Uint8Array;
  readonly addedAt: number;
}
