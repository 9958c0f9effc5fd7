/** What the owner of a key shows or says, as the API takes it. */
export type ShownOfKey = { readonly code: string } | { readonly keyId: string } | { readonly phrase: string };

const CODE = "hck1.";
/** Fewer are no phrase, and a key id in groups has nine. */
const PHRASE_WORDS = 12;

/** Tells codes, phrases and key ids apart by their looks; whether it is a right one is for the server to say. */
export function readShown(text: string): ShownOfKey {
  const trimmed = text.trim();
  if (trimmed.startsWith(CODE)) return { code: trimmed };
  const words = toWords(trimmed);
  if (words.length === PHRASE_WORDS && words.every((word) => /^[a-z]+$/.test(word))) {
    return { phrase: words.join(" ") };
  }
  return { keyId: trimmed };
}

/** Words however they are written down: numbered, with commas, in lines. */
export function toWords(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s,;.]+/)
    .filter((word) => word !== "" && !/^\d+[.):]?$/.test(word));
}
