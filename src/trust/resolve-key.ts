import { HandclaspError } from "../errors.ts";
import { parseKeyId, parseKeyIdPrefix, toKeyId } from "./key-id.ts";
import { looksLikeKeyPin, parseFingerprint, parseKeyPin } from "./key-pin.ts";
import type { KeyRecord } from "./key-record.ts";
import { nameKey } from "./peer-name.ts";
import type { TrustStore } from "./trust-store.ts";

/** What an operator's verb is about to do: decides which keys of a named peer are meant. */
export type KeyVerb = "show" | "approve" | "revoke" | "ignore" | "forget" | "rename";

/** Keys of a peer that a verb means when it is given the peer's name. */
const MEANT_BY_NAME: Readonly<Record<KeyVerb, (key: KeyRecord) => boolean>> = {
  show: () => true,
  approve: (key) => key.state === "pending" || key.newName !== null,
  revoke: (key) => key.state !== "revoked" && key.peer !== null,
  ignore: (key) => key.state === "pending" || (key.peer !== null && key.state !== "ignored"),
  forget: (key) => key.peer !== null || key.state === "pending",
  rename: (key) => key.peer !== null,
};

/** Verbs that mean one key, or all keys of one peer; never several strangers that claim one name. */
const MEANS_ONE: ReadonlySet<KeyVerb> = new Set(["approve"]);

/**
 * The keys that a text means: a pin, else a fingerprint, else a key id or 14 characters of one, else a peer's
 * name. Throws ERR_HANDCLASP_NOT_FOUND, ERR_HANDCLASP_AMBIGUOUS with the list, or ERR_HANDCLASP_KEY_ID.
 */
export function resolveKey(store: TrustStore, text: string, verb: KeyVerb): readonly KeyRecord[] {
  if (looksLikeKeyPin(text)) return found(text, [parseKeyPin(text)].flatMap((pin) => (pin && store.key(pin)) ?? []));
  const fingerprint = parseFingerprint(text);
  if (fingerprint !== undefined) return one(text, store.keysByFingerprint(fingerprint));
  const named = keysNamed(store, text);
  if (named.length === 0) return one(text, keysWithId(store, text));
  const meant = named.filter(MEANT_BY_NAME[verb]);
  if (meant.length === 0) {
    const states = [...new Set(named.map((key) => key.state))].join(", ");
    throw new HandclaspError("ERR_HANDCLASP_STATE", `"${text}" has no key to ${verb}: ${states}`, {
      hint: `name the key itself to ${verb} it all the same`,
    });
  }
  return MEANS_ONE.has(verb) ? one(text, meant) : meant;
}

/** Keys bound to the name, and keys that only claim it. A name that is a key id was never a claim. */
function keysNamed(store: TrustStore, text: string): readonly KeyRecord[] {
  const wanted = nameKey(text);
  const bound = store.keysOfName(wanted);
  const claiming = store
    .keys()
    .filter((key) => claims(key, wanted) && !bound.some((other) => other.pin === key.pin));
  return [...bound, ...claiming];
}

function claims(key: KeyRecord, wanted: string): boolean {
  return key.state === "pending" && key.claimedName !== null && nameKey(key.claimedName) === wanted;
}

function keysWithId(store: TrustStore, text: string): readonly KeyRecord[] {
  const letters = text.replace(/[\s-]/g, "").length;
  if (letters < 14) return [];
  if (letters >= 61) return [store.key(parseKeyId(text)) ?? []].flat();
  const prefix = parseKeyIdPrefix(text);
  return store.keysByPinPrefix(prefix.pinPrefix).filter((key) => prefix.matches(key.pin));
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
