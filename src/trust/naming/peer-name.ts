import { looksLikeKeyId } from "./key-id.ts";
import { looksLikeKeyPin, parseFingerprint } from "./key-pin.ts";

/** A name that went through `toPeerName`: safe to print on one line. */
export type PeerName = string;

export type PeerNameResult =
  | {
      readonly ok: true;
      readonly name: PeerName;
      /** The name folded, as `nameKey` does. */ readonly key: string;
    }
  | { readonly ok: false; /** A clause about the text: `it is empty`. */ readonly problem: string };

const MAX_BYTES = 255;
/** Scripts need up to about six; more climb over the lines around them. */
const MAX_MARKS = 8;

/** Besides what Unicode calls ignorable, blank are: Braille, hieroglyphs and a note without ink, and fillers. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\p{Cc}/u, "a control character"],
  [/[\p{Zl}\p{Zp}]/u, "a line separator"],
  [/\p{Cs}/u, "half of a surrogate pair"],
  [
    /[\p{Cf}\p{DI}\u2800\u{13440}-\u{13442}\u{16FE4}\u{1BC9D}\u{1D159}]/u,
    "a character that is invisible or changes the direction of the text",
  ],
  [/\p{Co}/u, "a private-use character"],
  [/\p{Cn}/u, "an unassigned character"],
  [/[\uFFFC\uFFFD]/u, "a replacement character"],
];
/** What `escapeText` escapes: the refused, and every space but the plain one. */
const UNPRINTABLE =
  /[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800\u{13440}-\u{13442}\u{16FE4}\u{1BC9D}\u{1D159}\uFFFC\uFFFD]|(?! )\p{Zs}/u;
/** Full stops, the wide and the ideographic ones too, as in IDNA (RFC 3490 §3.1), and what folds to them. */
const DOTS_AT_END = /[.\u2024-\u2026\u3002\uFE12\uFE19\uFE52\uFF0E\uFF61\s]+$/u;
const TOO_MANY_MARKS = new RegExp(`\\p{M}{${MAX_MARKS + 1}}`, "u");

/**
 * What a certificate or an operator calls a peer, as a name: in NFC, spaces trimmed and collapsed, without full stops at
 * its end, which change nothing about a host name (RFC 1034 §3.1) and little about how any other looks. Refuses what
 * cannot be shown safely, and what could be taken for a pin, a fingerprint or a key id. A name of 14 letters or more
 * whose check characters happen to be right counts as a key id: one in 1024 of those without other characters.
 */
export function toPeerName(text: string): PeerNameResult {
  if (text.length > MAX_BYTES) return refuse(`it is longer than ${MAX_BYTES} bytes`);
  const name = collapseSpaces(text.normalize("NFC")).replace(DOTS_AT_END, "");
  const key = nameKey(name);
  const problem = refusedIn(text) ?? problemOf(name, key);
  return problem === undefined ? { ok: true, name, key } : refuse(problem);
}

/**
 * The name as it is compared: NFKC, without case, spaces trimmed and collapsed. Folding twice changes nothing. Case goes
 * while the name is decomposed, as a Greek iota below a letter becomes one beside it (Unicode §3.13.5).
 */
export function nameKey(name: string): string {
  const folded = name.normalize("NFKD").toLowerCase().toUpperCase().toLowerCase();
  return collapseSpaces(folded.normalize("NFKC"));
}

/** The folded names that a text may mean: the one it is as a name, and the one it says, which may be an older one. */
export function nameKeysOf(text: string): readonly string[] {
  const said = nameKey(text);
  const name = toPeerName(text);
  return name.ok && name.key !== said ? [name.key, said] : [said];
}

/**
 * Any text, fit to print on one line: what a name cannot hold becomes `\u{1b}`, and what does not fit into `maxBytes`
 * bytes of UTF-8 (at least 3) becomes "…". Two texts that fit never look alike: a literal `\u{` is escaped as well.
 */
export function escapeText(text: string, maxBytes: number = MAX_BYTES): string {
  let shown = "";
  let bytes = 0;
  let cut = 0;
  let marks = 0;
  let at = 0;
  for (const character of text) {
    marks = /\p{M}/u.test(character) ? marks + 1 : 0;
    const isUnsafe =
      UNPRINTABLE.test(character) ||
      (marks > 0 && (at === 0 || marks > MAX_MARKS)) ||
      (character === "\\" && text.startsWith("u{", at + 1));
    const piece = isUnsafe ? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}` : character;
    at += character.length;
    bytes += Buffer.byteLength(piece);
    if (bytes > maxBytes) return `${shown.slice(0, cut)}…`;
    shown += piece;
    if (bytes <= maxBytes - 3) cut = shown.length;
  }
  return shown;
}

/** Text that was escaped when it was written down, fit to print whatever was made of it since: what is escaped stays so. */
export function escapeAgain(text: string): string {
  return text
    .split("\\u{")
    .map((piece) => escapeText(piece, Number.POSITIVE_INFINITY))
    .join("\\u{");
}

function refuse(problem: string): PeerNameResult {
  return { ok: false, problem };
}

function refusedIn(text: string): string | undefined {
  for (const [pattern, what] of REFUSED) {
    const found = pattern.exec(text);
    if (found !== null) return `it holds ${what} (${codePoint(found[0])})`;
  }
  return undefined;
}

function problemOf(name: string, key: string): string | undefined {
  if (name === "" || key === "") return "it is empty";
  if (Buffer.byteLength(name) > MAX_BYTES) return `it is longer than ${MAX_BYTES} bytes`;
  if (/[.\u3002]$/u.test(key)) return "it ends with a character that is a full stop when folded";
  if (/^\p{M}/u.test(name)) return "it begins with a combining mark";
  if (TOO_MANY_MARKS.test(name)) return `it holds more than ${MAX_MARKS} combining marks in a row`;
  return keyLikeness(key);
}

function keyLikeness(key: string): string | undefined {
  const compact = key.replaceAll(" ", "");
  if (looksLikeKeyPin(compact)) return "it looks like a key's pin";
  if (parseFingerprint(compact) !== undefined) return "it looks like a certificate's fingerprint";
  return looksLikeKeyId(key) ? "it looks like a key id" : undefined;
}

function collapseSpaces(text: string): string {
  return text.replaceAll(/\s+/gu, " ").trim();
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
