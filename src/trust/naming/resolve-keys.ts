import { HandclaspError } from "../../errors.ts";
import { keyIdBeginsWith, mistyped, toKeyId } from "./key-id.ts";
import type { KeyLookup } from "../records/key-lookup.ts";
import type { KeyRecord } from "../records/key-record.ts";
import type { KeyReference, NameReference } from "./key-reference.ts";

/** What an operator's verb is about to do: decides which keys of a named peer are meant. */
export type KeyVerb =
  | "show"
  | "approve"
  | "revoke"
  | "ignore"
  | "set-aside"
  | "forget"
  | "rename"
  | "group"
  | "note";

/** Keys of a peer that a verb applies to when it is given the peer's name. */
const APPLIES_TO: Readonly<Record<KeyVerb, (key: KeyRecord) => boolean>> = {
  show: () => true,
  approve: (key) => key.state === "pending" || key.newName !== null,
  revoke: (key) => key.state !== "revoked",
  ignore: (key) => key.state === "pending" || key.state === "trusted",
  "set-aside": (key) => key.state === "trusted",
  forget: () => true,
  rename: () => true,
  group: (key) => key.peer !== null,
  note: (key) => key.state !== "retired",
};

/** The keys that a verb acts on: `chooseKeys` of those that answer. */
export function resolveKeys(store: KeyLookup, reference: KeyReference, verb: KeyVerb): readonly KeyRecord[] {
  return chooseKeys(reference, keysMeantBy(store, reference), verb);
}

/** All keys that answer: of a name those bound to it, then strangers that claim it. None is no error. */
export function keysMeantBy(store: KeyLookup, reference: KeyReference): readonly KeyRecord[] {
  switch (reference.kind) {
    case "pin": {
      const key = reference.pin === null ? undefined : store.key(reference.pin);
      return key === undefined ? [] : [key];
    }
    case "fingerprint":
      return store.keysByFingerprint(reference.fingerprint);
    case "key-id":
      return store
        .keysByPinPrefix(reference.pinPrefix)
        .filter(({ pin }) => keyIdBeginsWith(pin, reference.symbols));
    case "name": {
      const bound = reference.nameKeys.flatMap((name) => store.keysOfName(name));
      const claiming = reference.countsClaims
        ? reference.nameKeys.flatMap((name) => store.keysClaiming(name))
        : [];
      return [...bound, ...claiming];
    }
  }
}

/**
 * Those of the keys that answer which a verb applies to. Throws ERR_HANDCLASP_NOT_FOUND, ERR_HANDCLASP_AMBIGUOUS with
 * the list, ERR_HANDCLASP_KEY_ID, or ERR_HANDCLASP_STATE when a peer has no key to do that to.
 */
export function chooseKeys(
  reference: KeyReference,
  keys: readonly KeyRecord[],
  verb: KeyVerb,
): readonly KeyRecord[] {
  switch (reference.kind) {
    case "pin":
      return found(reference, keys);
    case "fingerprint":
    case "key-id":
      return one(reference, keys);
    case "name":
      return chooseNamed(reference, keys, verb);
  }
}

/**
 * A peer's keys are those bound to its name. Keys that only claim the name are strangers: to be shown, to be
 * approved, and meant otherwise only when nobody holds the name and one of them claims it.
 */
function chooseNamed(
  reference: NameReference,
  named: readonly KeyRecord[],
  verb: KeyVerb,
): readonly KeyRecord[] {
  const { text, asKeyId } = reference;
  if (named.length === 0 && asKeyId !== null) throw mistyped(asKeyId);
  const bound = named.filter(({ peer }) => peer !== null);
  const considered = verb === "show" || verb === "approve" || bound.length === 0 ? named : bound;
  const meant = considered.filter(APPLIES_TO[verb]);
  if (named.length > 0 && meant.length === 0) {
    const states = [...new Set(named.map((key) => key.state))].join(", ");
    throw new HandclaspError(
      "ERR_HANDCLASP_STATE",
      `"${text}" has no key to ${verb.replace("-", " ")}: ${states}`,
      {
        hint: `name the key itself to ${verb.replace("-", " ")} it all the same`,
      },
    );
  }
  const isAboutOne = verb === "approve" || verb === "note";
  const severalStrangers = verb !== "show" && (isAboutOne || bound.length === 0);
  return severalStrangers ? one(reference, meant) : found(reference, meant);
}

function found({ text }: KeyReference, keys: readonly KeyRecord[]): readonly KeyRecord[] {
  if (keys.length > 0) return keys;
  throw new HandclaspError("ERR_HANDCLASP_NOT_FOUND", `no key or peer answers to "${text}"`, {
    hint: "look at what there is",
    remedies: [{ act: "list-keys", at: "server" }],
  });
}

function one(reference: KeyReference, keys: readonly KeyRecord[]): readonly KeyRecord[] {
  if (keys.length <= 1) return found(reference, keys);
  const list = keys.map((key) => `  ${toKeyId(key.pin)} (${key.state})`).join("\n");
  throw new HandclaspError(
    "ERR_HANDCLASP_AMBIGUOUS",
    `more than one key answers to "${reference.text}":\n${list}`,
    {
      hint: "give one of these key ids; its first 14 characters will do",
      details: { pins: keys.map((key) => key.pin) },
    },
  );
}
