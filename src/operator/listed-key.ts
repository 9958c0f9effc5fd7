import { toKeyId } from "../trust/key-id.ts";
import type { KeyPin, KeyRecord } from "../trust/key-record.ts";
import { escapeText } from "../trust/peer-name.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import type { RefusalReason } from "../trust/verdict.ts";
import { describeCertificate } from "../x509/certificate-description.ts";
import { toIsoTime } from "./iso-time.ts";

/** A key as programs get it. Every field is there or null; times are ISO 8601 in UTC. */
export interface ListedKey {
  /** The bound name, else the claimed one; escaped. */
  readonly peer: string | null;
  readonly state: KeyRecord["state"];
  /** Why the next connection would be refused; null when it would not. */
  readonly reason: RefusalReason | null;
  readonly keyId: string;
  readonly pin: KeyPin;
  readonly fingerprint: string;
  /** Of the newest certificate that was kept; escaped. */
  readonly subject: string | null;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  readonly expires: string | null;
  readonly source: KeyRecord["source"];
  readonly conflictsWith: KeyPin | null;
  /** By which an act says what was looked at. */
  readonly version: number;
  /** What an operator wrote down about it. */
  readonly note: string | null;
}

/** A key of the store as it is at `now`, milliseconds since the epoch. */
export function toListedKey(store: TrustStore, key: KeyRecord, now: number): ListedKey {
  const peer = key.peer ?? key.claimedName;
  return {
    peer: peer === null ? null : escapeText(peer),
    state: key.state,
    reason: reasonOf(key, now),
    keyId: toKeyId(key.pin),
    pin: key.pin,
    fingerprint: key.fingerprint,
    subject: subjectOf(store, key.pin),
    firstSeen: toIsoTime(key.firstSeen),
    lastSeen: toIsoTime(store.lastSeen(key.pin)),
    expires: toIsoTime(key.expires),
    source: key.source,
    conflictsWith: key.conflictsWith,
    version: key.version,
    note: key.note,
  };
}

function reasonOf(key: KeyRecord, now: number): RefusalReason | null {
  if (key.state === "pending") return key.conflictsWith === null ? "pending" : "key-changed";
  if (key.state !== "trusted") return key.state;
  if (key.expires !== null && now >= key.expires) return "expired";
  return key.newName === null ? null : "name-changed";
}

function subjectOf(store: TrustStore, pin: KeyPin): string | null {
  const [newest] = store.certificates(pin);
  if (newest === undefined) return null;
  try {
    return describeCertificate(newest.der).subject;
  } catch {
    return null;
  }
}
