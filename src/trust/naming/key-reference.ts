import {
  isMeantAsKeyId,
  isWholeKeyId,
  type KeyIdProblem,
  looksLikeKeyId,
  parseKeyIdPrefix,
  problemOfKeyId,
} from "./key-id.ts";
import { looksLikeKeyPin, parseFingerprint, parseKeyPin } from "./key-pin.ts";
import type { KeyPin } from "../records/key-record.ts";
import { escapeText, nameKeysOf } from "./peer-name.ts";

/**
 * What an operator's text means, read and folded once: which keys that are is looked up by it alone, where and whenever
 * that happens. Plain data, so that it can be written down and cross threads.
 */
export type KeyReference =
  /** `pin` is null for what is meant as a pin and is none: no key answers to it. */
  | { readonly kind: "pin"; readonly text: string; readonly pin: KeyPin | null }
  /** Of any certificate that is kept; lower-case hex. */
  | { readonly kind: "fingerprint"; readonly text: string; readonly fingerprint: string }
  /** As `KeyIdPrefix`. */
  | { readonly kind: "key-id"; readonly text: string; readonly pinPrefix: string; readonly symbols: string }
  | NameReference;

export interface NameReference {
  readonly kind: "name";
  /** As it was typed, fit to print. */
  readonly text: string;
  /** The folded names that it may mean. */
  readonly nameKeys: readonly string[];
  /** Whether claims count: a stranger may call himself what an operator is likely to mistype. */
  readonly countsClaims: boolean;
  /** What is wrong with it as a key id, for when nobody has that name; null for what is not meant as one. */
  readonly asKeyId: KeyIdProblem | null;
}

/** Reads a text as a pin, else a fingerprint, else a key id or 14 characters of one, else a peer's name. Never throws. */
export function parseKeyReference(typed: string): KeyReference {
  const text = escapeText(typed);
  if (looksLikeKeyPin(typed)) return { kind: "pin", text, pin: parseKeyPin(typed.trim()) ?? null };
  const fingerprint = parseFingerprint(typed);
  if (fingerprint !== undefined) return { kind: "fingerprint", text, fingerprint };
  if (looksLikeKeyId(typed)) return { kind: "key-id", text, ...parseKeyIdPrefix(typed) };
  return {
    kind: "name",
    text,
    nameKeys: nameKeysOf(typed),
    countsClaims: !isMeantAsKeyId(typed),
    asKeyId: problemOfKeyId(typed) ?? null,
  };
}

/** Whether no part of a key is left open: it is given as a pin, a fingerprint, or a key id to its end. */
export function namesWholeKey(reference: KeyReference): boolean {
  if (reference.kind === "key-id") return isWholeKeyId(reference.symbols);
  return reference.kind === "pin" || reference.kind === "fingerprint";
}
