import { toKeyId } from "../trust/naming/key-id.ts";
import type { KeyPin, KeyRecord } from "../trust/records/key-record.ts";
import { escapeText } from "../trust/naming/peer-name.ts";
import { everyItem } from "../trust/port/page.ts";
import type { KeySurroundings, ListedKey, Roll } from "../trust/port/roll.ts";
import type { RefusalReason } from "../trust/records/verdict.ts";
import { describeSubject } from "../x509/certificate-description.ts";
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

/** A key as lists of keys have it, with what is beside it. */
export interface KeyInList extends KeyJson {
  /** Of its peer, in the order of their folded names. */
  readonly groups: readonly string[];
  /** How many it has open. */
  readonly connections: number;
}

/** More are asked about in several steps. */
const AT_ONCE = 1000;

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
  const listed = keys.map((key): ListedKey => ({ ...key, lastSeen: seen.get(key.pin) ?? null }));
  return toKeyPage(store, listed, now);
}

/** Keys of a list as they are at `now`, milliseconds since the epoch. */
export async function toKeyPage(
  store: Roll,
  keys: readonly ListedKey[],
  now: number,
): Promise<readonly KeyJson[]> {
  const beside = await surroundingsOf(store, keys);
  return keys.map((key) => toKeyJson(key, beside.get(key.pin), now));
}

/** The same, with groups and connections. */
export async function toKeysInList(
  store: Roll,
  keys: readonly ListedKey[],
  now: number,
): Promise<readonly KeyInList[]> {
  const all = await surroundingsOf(store, keys);
  return keys.map((key) => {
    const beside = all.get(key.pin);
    const groups = beside?.groups.map((group) => escapeText(group)) ?? [];
    return { ...toKeyJson(key, beside, now), groups, connections: beside?.connections ?? 0 };
  });
}

/** What is beside keys, by their pins; nothing of those that are gone. */
export async function surroundingsOf(
  store: Roll,
  keys: readonly { readonly pin: KeyPin }[],
): Promise<ReadonlyMap<KeyPin, KeySurroundings>> {
  const pins = keys.map(({ pin }) => pin);
  const found = new Map<KeyPin, KeySurroundings>();
  for (let from = 0; from < pins.length; from += AT_ONCE) {
    const some = await store.surroundings(pins.slice(from, from + AT_ONCE));
    for (const one of some) found.set(one.pin, one);
  }
  return found;
}

/** A key beside what surrounds it, at `now`. */
export function toKeyJson(
  key: ListedKey,
  beside: Pick<KeySurroundings, "certificate"> | undefined,
  now: number,
): KeyJson {
  const peer = key.peer ?? key.claimedName;
  const certificate = beside?.certificate ?? null;
  return {
    peer: peer === null ? null : escapeText(peer),
    state: key.state,
    reason: refusalOf(key, now),
    keyId: toKeyId(key.pin),
    pin: key.pin,
    fingerprint: key.fingerprint,
    subject: certificate === null ? null : subjectOf(certificate),
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

function subjectOf(certificate: Uint8Array): string | null {
  try {
    return describeSubject(certificate);
  } catch {
    return null;
  }
}
