import { toKeyId } from "../trust/naming/key-id.ts";
import type { KeyPin, KeyRecord } from "../trust/records/key-record.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import { everyItem } from "../trust/port/page.ts";
import type { ListedKey, Roll } from "../trust/port/roll.ts";
import type { RefusalReason } from "../trust/records/verdict.ts";
import { describeCertificate } from "../x509/certificate-description.ts";
import { toIsoTime } from "./iso-time.ts";

/** A key as programs get it. Every field is there or null; times are ISO 8601 in UTC. */
export interface KeyJson {
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
  /** Another one as soon as anything of the key is decided anew; never when it is merely seen again. */
  readonly version: number;
  /** What an operator wrote about it; escaped. */
  readonly note: string | null;
}

/** Keys as changes give them, as programs get them; those that are gone by now were never seen. */
export async function toListedKeys(
  store: Roll,
  keys: readonly KeyRecord[],
  now: number,
): Promise<readonly KeyJson[]> {
  const pins = keys.map(({ pin }) => pin);
  const seen = new Map<KeyPin, number | null>();
  for await (const { pin, lastSeen } of everyItem((page) => store.listKeys({ pins, ...page }))) {
    seen.set(pin, lastSeen);
  }
  return Promise.all(
    keys.map((key) => toListedKey(store, { ...key, lastSeen: seen.get(key.pin) ?? null }, now)),
  );
}

/** A key of the store as it is at `now`, milliseconds since the epoch. */
export async function toListedKey(store: Roll, key: ListedKey, now: number): Promise<KeyJson> {
  const peer = key.peer ?? key.claimedName;
  return {
    peer: peer === null ? null : escapeText(peer),
    state: key.state,
    reason: refusalOf(key, now),
    keyId: toKeyId(key.pin),
    pin: key.pin,
    fingerprint: key.fingerprint,
    subject: await subjectOf(store, key.pin),
    firstSeen: toIsoTime(key.firstSeen),
    lastSeen: toIsoTime(key.lastSeen),
    expires: toIsoTime(key.expires),
    source: key.source,
    conflictsWith: key.conflictsWith,
    version: key.version,
    note: key.note === null ? null : escapeText(key.note),
  };
}

function refusalOf(key: KeyRecord, now: number): RefusalReason | null {
  if (key.state === "pending") return key.conflictsWith === null ? "pending" : "key-changed";
  if (key.state !== "trusted") return key.state;
  if (key.expires !== null && now >= key.expires) return "expired";
  return key.newName === null ? null : "name-changed";
}

async function subjectOf(store: Roll, pin: KeyPin): Promise<string | null> {
  const [newest] = await store.listCertificates(pin);
  if (newest === undefined) return null;
  try {
    return describeCertificate(newest.der).subject;
  } catch {
    return null;
  }
}
