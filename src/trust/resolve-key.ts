import { HandclaspError } from "../errors.ts";
import { isMeantAsKeyId, looksLikeKeyId, parseKeyId, parseKeyIdPrefix, toKeyId } from "./key-id.ts";
import { looksLikeKeyPin, parseFingerprint, parseKeyPin } from "./key-pin.ts";
import type { KeyLookup } from "./key-lookup.ts";
import type { KeyRecord } from "./key-record.ts";
import { nameKey, nameKeysOf } from "./peer-name.ts";

/** What an operator's verb is about to do: decides which keys of a named peer are meant. */
export type KeyVerb = "show" | "approve" | "revoke" | "ignore" | "forget" | "rename" | "group";

/** Eight of the nine groups of a key id: what is longer is meant to be all of it. */
const LONGEST_PREFIX = 56;

/** Keys of a peer that a verb applies to when it is given the peer's name. */
const APPLIES_TO: Readonly<Record<KeyVerb, (key: KeyRecord) => boolean>> = {
  show: () => true,
  approve: (key) => key.state === "pending" || key.newName !== null,
  revoke: (key) => key.state !== "revoked",
  ignore: (key) => key.state === "pending" || key.state === "trusted",
  forget: () => true,
  rename: () => true,
  group: (key) => key.peer !== null,
};

/**
 * The keys that a text means: a pin, else a fingerprint, else a key id or 14 characters of one, else a peer's
 * name. Throws ERR_HANDCLASP_NOT_FOUND, ERR_HANDCLASP_AMBIGUOUS with the list, or ERR_HANDCLASP_KEY_ID.
 */
export function resolveKey(store: KeyLookup, text: string, verb: KeyVerb): readonly KeyRecord[] {
  if (looksLikeKeyPin(text)) return found(text, keysWithPin(store, text.trim()));
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== undefined) return one(text, store.keysByFingerprint(fingerprint));
  if (looksLikeKeyId(text)) return one(text, keysWithId(store, text));
  return keysNamed(store, text, verb);
}

/** One key: what it says is about the peer, or about that key only. */
export function resolveOne(store: KeyLookup, text: string, verb: "approve" | "rename" | "group"): KeyRecord {
  const [key] = resolveKey(store, text, verb);
  if (key === undefined) throw new Error("what answers to nothing was refused");
  return key;
}

/**
 * A peer's keys are those bound to its name. Keys that only claim the name are strangers: to be shown, to be
 * approved, and meant otherwise only when nobody holds the name and one of them claims it.
 */
function keysNamed(store: KeyLookup, text: string, verb: KeyVerb): readonly KeyRecord[] {
  const wanted = nameKeysOf(text);
  const bound = wanted.flatMap((name) => store.keysOfName(name));
  // A stranger may call himself what an operator is likely to mistype.
  const claiming = isMeantAsKeyId(text) ? [] : store.keysWithoutName().filter((key) => claims(key, wanted));
  const named = [...bound, ...claiming];
  if (named.length === 0) refuseMistypedKeyId(text);
  const considered = verb === "show" || verb === "approve" || bound.length === 0 ? named : bound;
  const meant = considered.filter(APPLIES_TO[verb]);
  if (named.length > 0 && meant.length === 0) {
    const states = [...new Set(named.map((key) => key.state))].join(", ");
    throw new HandclaspError("ERR_HANDCLASP_STATE", `"${text}" has no key to ${verb}: ${states}`, {
      hint: `name the key itself to ${verb} it all the same`,
    });
  }
  const severalStrangers = verb !== "show" && (verb === "approve" || bound.length === 0);
  return severalStrangers ? one(text, meant) : found(text, meant);
}

function claims(key: KeyRecord, wanted: readonly string[]): boolean {
  return key.claimedName !== null && wanted.includes(nameKey(key.claimedName));
}

function keysWithPin(store: KeyLookup, text: string): readonly KeyRecord[] {
  const pin = parseKeyPin(text);
  const key = pin && store.key(pin);
  return key === undefined ? [] : [key];
}

function keysWithId(store: KeyLookup, text: string): readonly KeyRecord[] {
  const prefix = parseKeyIdPrefix(text);
  return store.keysByPinPrefix(prefix.pinPrefix).filter((key) => prefix.matches(key.pin));
}

/** Names may have the shape of a key id, so this is asked when no peer has the name. Says which group is wrong. */
function refuseMistypedKeyId(text: string): void {
  if (!isMeantAsKeyId(text)) return;
  const isWhole = text.replaceAll(/[\s\p{Pd}]/gu, "").length > LONGEST_PREFIX;
  if (isWhole) parseKeyId(text);
  else parseKeyIdPrefix(text);
}

function found(text: string, keys: readonly KeyRecord[]): readonly KeyRecord[] {
  if (keys.length > 0) return keys;
  throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no key or peer answers to "${text}"`, {
    hint: "handclasp trust list shows what there is",
  });
}

function one(text: string, keys: readonly KeyRecord[]): readonly KeyRecord[] {
  if (keys.length <= 1) return found(text, keys);
  const list = keys.map((key) => `  ${toKeyId(key.pin)} (${key.state})`).join("\n");
  throw new HandclaspError("ERR_HANDCLASP_AMBIGUOUS", `more than one key answers to "${text}":\n${list}`, {
    hint: "give one of these key ids; its first 14 characters will do",
    details: { pins: keys.map((key) => key.pin) },
  });
}
