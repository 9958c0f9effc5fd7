import type { Actor } from "../events.ts";
import type { Rate } from "../first-use-limits.ts";
import type { KeyPin, KeyRecord, KeySource } from "../key-record.ts";
import type { TokenRecord } from "../token-record.ts";
import type { Concern, Endorser, RefusalReason } from "../verdict.ts";

/** A certificate as changes carry it. */
export interface SeenCertificate {
  readonly pin: KeyPin;
  readonly fingerprint: string;
  readonly der: Uint8Array;
  /** The name it claims, tamed; null when there is none. */
  readonly claimedName: string | null;
}

/** When and by whom. */
export interface ChangeOrigin {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly actor: Actor;
}

/** Binds a name to a key at first use. Of two claims of one name exactly one wins. */
export interface ClaimChange extends ChangeOrigin {
  readonly type: "claim";
  readonly peer: string;
  readonly source: KeySource;
  /** A key that nobody knows endorsed this one; kept for whoever reads the events. */
  readonly endorsedBy?: string;
  readonly certificate: SeenCertificate;
  /** For the loser, which is kept as pending. */
  readonly pendingExpires: number;
  readonly maxPending: number;
}

/** Trusts the key that came with a join token, under the token's name. Of two keys with one token exactly one wins. */
export interface JoinChange extends ChangeOrigin {
  readonly type: "join";
  readonly token: string;
  readonly certificate: SeenCertificate;
}

/** Trusts the key that a trusted one endorsed, in its place. */
export interface RotateChange extends ChangeOrigin {
  readonly type: "rotate";
  readonly endorsedBy: Endorser;
  readonly certificate: SeenCertificate;
  /** How often the peer may do so, whichever processes on the store it came to; default as often as it likes. */
  readonly limit?: Rate;
  /** For the loser, which is kept as pending. */
  readonly pendingExpires: number;
  readonly maxPending: number;
}

/** A join token or an endorsement that came to nothing; once for each token, or key that endorsed, and problem. */
export interface NoteConcernChange extends ChangeOrigin {
  readonly type: "note-concern";
  readonly concern: Concern;
  /** The key that came with it. */
  readonly pin: KeyPin;
}

export interface CreateTokenChange extends ChangeOrigin {
  readonly type: "create-token";
  readonly token: Omit<TokenRecord, "createdAt" | "usedAt" | "usedBy" | "cancelledAt">;
}

export interface CancelTokenChange extends ChangeOrigin {
  readonly type: "cancel-token";
  readonly id: string;
}

/** Puts the peer that a key speaks for into a group. */
export interface AddToGroupChange extends ChangeOrigin {
  readonly type: "add-to-group";
  readonly group: string;
  readonly pin: KeyPin;
}

export interface RemoveFromGroupChange extends ChangeOrigin {
  readonly type: "remove-from-group";
  readonly group: string;
  readonly pin: KeyPin;
}

/** Keeps an unknown key for review. */
export interface HoldChange extends ChangeOrigin {
  readonly type: "hold";
  /** The name it would be bound to. */
  readonly peer: string | null;
  readonly certificate: SeenCertificate;
  readonly conflictsWith: KeyPin | null;
  readonly pendingExpires: number;
  readonly maxPending: number;
}

/** Another certificate over a trusted key. */
export interface RenewChange extends ChangeOrigin {
  readonly type: "renew";
  readonly certificate: SeenCertificate;
}

/** A trusted key claimed another name: kept for approval. */
export interface NoteNameChange extends ChangeOrigin {
  readonly type: "note-name";
  readonly certificate: SeenCertificate;
}

/** A revoked or retired key showed up. */
export interface NoteStaleChange extends ChangeOrigin {
  readonly type: "note-stale";
  readonly pin: KeyPin;
}

export interface ApproveChange extends ChangeOrigin {
  readonly type: "approve";
  readonly pin: KeyPin;
  /** The name to bind; null takes the claimed one, else the key id. */
  readonly peer: string | null;
  /** What happens to the keys that hold the name: `replace` retires them, `add` keeps them beside this one. */
  readonly onConflict: "fail" | "replace" | "add";
  readonly expires: number | null;
}

/** Trusts a key that an operator brings. */
export interface ImportChange extends ChangeOrigin {
  readonly type: "import";
  readonly certificate: SeenCertificate;
  readonly peer: string | null;
  readonly onConflict: "fail" | "replace" | "add";
  readonly expires: number | null;
}

export interface BarChange extends ChangeOrigin {
  readonly type: "revoke" | "ignore";
  readonly pins: readonly KeyPin[];
}

export interface ForgetChange extends ChangeOrigin {
  readonly type: "forget";
  readonly pins: readonly KeyPin[];
}

/** Renames a peer: all keys bound to its name. */
export interface RenameChange extends ChangeOrigin {
  readonly type: "rename";
  readonly pin: KeyPin;
  readonly peer: string;
}

/** Accepts first use until a moment; one that is past closes the window. */
export interface OpenFirstUseChange extends ChangeOrigin {
  readonly type: "open-first-use";
  readonly until: number;
}

export type Change =
  | ClaimChange
  | HoldChange
  | JoinChange
  | RotateChange
  | NoteConcernChange
  | CreateTokenChange
  | CancelTokenChange
  | AddToGroupChange
  | RemoveFromGroupChange
  | RenewChange
  | NoteNameChange
  | NoteStaleChange
  | ApproveChange
  | ImportChange
  | BarChange
  | ForgetChange
  | RenameChange
  | OpenFirstUseChange;

/** What a change came to: the keys as they are now, or why a claim was lost. */
export type Outcome =
  | { readonly kind: "changed"; readonly keys: readonly KeyRecord[] }
  | {
      readonly kind: "lost";
      readonly reason: RefusalReason;
      readonly conflictsWith: KeyPin | null;
      readonly concern?: Concern;
    };
