import { createHash } from "node:crypto";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import type { KeyPin } from "../records/key-record.ts";

const CONTEXT = "handclasp phrase v1";
/** How many words a phrase has. */
export const PHRASE_WORDS = 12;
const BITS = 11;

/**
 * Twelve words for two people to compare by voice: the first 132 bits of SHA-256("handclasp phrase v1" ‖ server pin ‖
 * client pin), each pin as its 32 bytes, 11 bits a word, from the English list of BIP-39. Both ends have the same words
 * only if each saw the other's real key. Fewer words could be met in the middle within a day.
 */
export function toPhrase(serverPin: KeyPin, clientPin: KeyPin): string {
  const digest = createHash("sha256")
    .update(CONTEXT)
    .update(bytesOf(serverPin))
    .update(bytesOf(clientPin))
    .digest();
  const bits = Array.from(digest, (byte) => byte.toString(2).padStart(8, "0")).join("");
  const words = Array.from({ length: PHRASE_WORDS }, (_, at) => {
    const index = Number.parseInt(bits.slice(at * BITS, (at + 1) * BITS), 2);
    return wordlist[index] ?? "";
  });
  return words.join(" ");
}

const LETTERS = 4;

/** The word of the list that a text means: its first four letters are enough, whatever their case; undefined for none. */
export function toPhraseWord(text: string): string | undefined {
  const typed = text.trim().toLowerCase();
  const word = WORDS_BY_LETTERS.get(typed.slice(0, LETTERS));
  return word?.startsWith(typed) === true ? word : undefined;
}

/** No two words of the list begin with the same four letters. */
const WORDS_BY_LETTERS: ReadonlyMap<string, string> = new Map(
  wordlist.map((word) => [word.slice(0, LETTERS), word]),
);

function bytesOf(pin: KeyPin): Buffer {
  return Buffer.from(pin.slice("sha256:".length), "base64");
}
