import { HandclaspError } from "../../errors.ts";
import { toKeyPin, toPinBytes } from "./key-pin.ts";
import type { KeyPin } from "../records/key-record.ts";

/** RFC 4648 §6. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const LOOKALIKES: Readonly<Record<string, string>> = { "0": "O", "1": "I", "8": "B" };
const GROUPS = 9;
const GROUP_LENGTH = 7;
const LENGTH = 61;
const DATA_LENGTH = 52;
const SHORTEST_PREFIX = 2 * GROUP_LENGTH;
/** Eight of the nine groups: what is longer is meant to be all of it. */
const LONGEST_PREFIX = 8 * GROUP_LENGTH;

/** The beginning of a key id, and the pins that it stands for. */
export interface KeyIdPrefix {
  /** The longest text that all matching pins begin with: `sha256:` and base64, for a range scan. */
  readonly pinPrefix: string;
  /** Its base32 without check characters: finer than `pinPrefix` by up to five bits. */
  readonly symbols: string;
}

/** What is wrong with a text that was meant as a key id. */
export interface KeyIdProblem {
  readonly problem: string;
  /** From 1; null when the length alone is wrong. */
  readonly group: number | null;
}

/**
 * The pin for people: base32 of its 32 bytes in nine groups, a check character at the end of each. Every wrong
 * character, every swap of two characters and every swap of two groups is found.
 */
export function toKeyId(pin: KeyPin): string {
  const data = toData(pin);
  if (data === undefined) throw new HandclaspError("ERR_HANDCLASP_MALFORMED", "this is not a key pin");
  const groups = Array.from({ length: GROUPS }, (_, index) => {
    const group = data.slice(index * (GROUP_LENGTH - 1), (index + 1) * (GROUP_LENGTH - 1));
    return group + checkCharacter(group, index);
  });
  return groups.join("-");
}

/** A key id as a name: what a key is called that has none. It is ASCII, so its fold is the same on every runtime. */
export function keyIdAsName(pin: KeyPin): { readonly name: string; readonly nameKey: string } {
  const name = toKeyId(pin);
  return { name, nameKey: name.toLowerCase() };
}

/** The pin of a typed key id; 0/O, 1/I, 8/B, case, spaces and dashes are forgiven, nothing else is. */
export function parseKeyId(text: string): KeyPin {
  const reading = readKeyId(text);
  if (!reading.ok) throw mistyped(reading);
  return toKeyPin(toBytes(reading.data));
}

/** The first 14 characters of a key id or more, dashes not counted; every whole group is checked. */
export function parseKeyIdPrefix(text: string): KeyIdPrefix {
  const reading = readPrefix(text);
  if (!reading.ok) throw mistyped(reading);
  const { data } = reading;
  const pin = toKeyPin(toBytes(data));
  const whole = Math.floor((data.length * 5) / 6);
  return {
    pinPrefix: data.length === DATA_LENGTH ? pin : pin.slice(0, "sha256:".length + whole),
    symbols: data,
  };
}

/** Whether these symbols of `parseKeyIdPrefix` are all of a key id. */
export function isWholeKeyId(symbols: string): boolean {
  return symbols.length === DATA_LENGTH;
}

/** Whether this pin's key id begins with these symbols of `parseKeyIdPrefix`. */
export function keyIdBeginsWith(pin: KeyPin, symbols: string): boolean {
  return toData(pin)?.startsWith(symbols) ?? false;
}

/**
 * What is wrong with a text that has the shape of a key id or a prefix of one; undefined for what has not, or is right.
 * Names may have that shape: it counts when no peer has such a name.
 */
export function problemOfKeyId(text: string): KeyIdProblem | undefined {
  if (!isMeantAsKeyId(text)) return undefined;
  const isWhole = text.replaceAll(/[\s\p{Pd}]/gu, "").length > LONGEST_PREFIX;
  const reading = isWhole ? readKeyId(text) : readPrefix(text);
  return reading.ok ? undefined : { problem: reading.problem, group: reading.group };
}

/**
 * Whether the text reads as a key id, or as a prefix of one written as one word or in groups. Other spacing is
 * forgiven in a whole key id only: a first and a last name can have the letters of a prefix.
 */
export function looksLikeKeyId(text: string): boolean {
  const { pieces, symbols } = readSymbols(text);
  const grouped = pieces.slice(0, -1).every((piece) => piece.length === GROUP_LENGTH);
  return (grouped || symbols.length === LENGTH) && readPrefix(text).ok;
}

/** Whether the text has the shape of a key id or a prefix, mistyped or not: ask when no peer has such a name. */
export function isMeantAsKeyId(text: string): boolean {
  const { pieces, symbols } = readSymbols(text);
  const written = pieces.slice(0, -1).every((piece) => Math.abs(piece.length - GROUP_LENGTH) <= 1);
  const long = Math.abs(symbols.length - LENGTH) <= GROUPS;
  return (
    symbols.length >= SHORTEST_PREFIX && symbols.every(isSymbol) && (long || (written && pieces.length > 1))
  );
}

type Reading = { readonly ok: true; readonly data: string } | Mistyped;

interface Mistyped extends KeyIdProblem {
  readonly ok: false;
}

interface Typed {
  /** What stood between spaces and dashes. */
  readonly pieces: readonly string[];
  readonly symbols: readonly string[];
}

function readKeyId(text: string): Reading {
  const typed = readSymbols(text);
  const { symbols } = typed;
  const problem = strangeSymbol(symbols);
  if (problem !== undefined) return problem;
  if (symbols.length === LENGTH) return readGroups(symbols);
  return misshapenGroup(typed) ?? wrongLength(`a key id has ${LENGTH} characters`, symbols);
}

function readPrefix(text: string): Reading {
  const { symbols } = readSymbols(text);
  const problem = strangeSymbol(symbols);
  if (problem !== undefined) return problem;
  if (symbols.length < SHORTEST_PREFIX) {
    return wrongLength(`the beginning of a key id needs at least ${SHORTEST_PREFIX} characters`, symbols);
  }
  if (symbols.length > LENGTH) return wrongLength(`a key id has ${LENGTH} characters`, symbols);
  return readGroups(symbols);
}

function readSymbols(text: string): Typed {
  const pieces = text
    .normalize("NFKC")
    .replaceAll(/[a-z018]/g, (typed) => LOOKALIKES[typed] ?? typed.toUpperCase())
    .split(/[\s\p{Pd}]+/u)
    .filter((piece) => piece !== "");
  return { pieces, symbols: Array.from(pieces.join("")) };
}

function readGroups(symbols: readonly string[]): Reading {
  let data = "";
  for (let index = 0; index * GROUP_LENGTH < symbols.length; index++) {
    const group = symbols.slice(index * GROUP_LENGTH, (index + 1) * GROUP_LENGTH).join("");
    const whole = group.length === groupLength(index);
    if (whole && checksum(group) !== constantOf(index)) return wrongGroup(group, index);
    data += whole ? group.slice(0, -1) : group;
    if (data.length === DATA_LENGTH && !endsInZeroBits(data)) return wrongGroup(group, index);
  }
  return { ok: true, data };
}

function strangeSymbol(symbols: readonly string[]): Mistyped | undefined {
  const at = symbols.findIndex((symbol) => !isSymbol(symbol));
  const symbol = symbols[at];
  if (symbol === undefined) return undefined;
  const group = Math.min(Math.floor(at / GROUP_LENGTH) + 1, GROUPS);
  const shown = /^[!-~]$/.test(symbol) ? `"${symbol}"` : `U+${hex(symbol)}`;
  return { ok: false, problem: `group ${group} of ${GROUPS} holds ${shown}, which no key id does`, group };
}

/** Nine pieces are the nine groups as they were written, so the long or short one can be named. */
function misshapenGroup({ pieces }: Typed): Mistyped | undefined {
  if (pieces.length !== GROUPS) return undefined;
  const index = pieces.findIndex((piece, at) => piece.length !== groupLength(at));
  const piece = pieces[index] ?? "";
  const problem =
    `group ${index + 1} of ${GROUPS}, "${piece.slice(0, LENGTH)}", ` +
    `has ${piece.length} characters and needs ${groupLength(index)}`;
  return { ok: false, problem, group: index + 1 };
}

function wrongGroup(group: string, index: number): Mistyped {
  return {
    ok: false,
    problem: `group ${index + 1} of ${GROUPS}, "${group}", was mistyped`,
    group: index + 1,
  };
}

function wrongLength(rule: string, symbols: readonly string[]): Mistyped {
  return { ok: false, problem: `${rule}, this has ${symbols.length}`, group: null };
}

/** The error that says so. */
export function mistyped({ problem, group }: KeyIdProblem): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_KEY_ID", problem, {
    hint: "compare it with the original group by group; a key id is made of A to Z and 2 to 7",
    details: { group },
  });
}

function isSymbol(symbol: string): boolean {
  return symbol.length === 1 && ALPHABET.includes(symbol);
}

function groupLength(index: number): number {
  return index === GROUPS - 1 ? LENGTH % GROUP_LENGTH : GROUP_LENGTH;
}

/**
 * What the checksum of a group has to be: another value for each, so that groups cannot change places. That the first is
 * 2 lets the short last group not do so either: with 1 for the first, it and the third could, unseen without dashes.
 */
function constantOf(index: number): number {
  return index + 2;
}

function checkCharacter(data: string, index: number): string {
  return ALPHABET.charAt(double(checksum(data)) ^ constantOf(index));
}

/** The symbols as a polynomial over GF(32), at x: each place has its own weight, a power of x; the last has 1. */
function checksum(symbols: string): number {
  let sum = 0;
  for (const symbol of symbols) sum = double(sum) ^ ALPHABET.indexOf(symbol);
  return sum;
}

/** Multiplies by x in GF(32), modulo x⁵ + x² + 1, of which x is a generator. */
function double(element: number): number {
  const doubled = element << 1;
  return doubled < 32 ? doubled : doubled ^ 0b100101;
}

/** 52 characters carry 260 bits; the last four are not used. */
function endsInZeroBits(data: string): boolean {
  return (ALPHABET.indexOf(data.charAt(DATA_LENGTH - 1)) & 0b1111) === 0;
}

function toData(pin: KeyPin): string | undefined {
  const bytes = toPinBytes(pin);
  if (bytes === undefined) return undefined;
  let data = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    held += 8;
    for (; held >= 5; held -= 5) data += ALPHABET.charAt((bits >> (held - 5)) & 31);
  }
  return data + ALPHABET.charAt((bits << (5 - held)) & 31);
}

/** The 32 bytes of at most 52 base32 characters, zeros where there are none. */
function toBytes(data: string): Uint8Array {
  const bytes = new Uint8Array(32);
  for (let bit = 0; bit < Math.min(data.length * 5, 256); bit++) {
    const value = ALPHABET.indexOf(data.charAt(Math.floor(bit / 5)));
    const isSet = (value >> (4 - (bit % 5))) & 1;
    const at = bit >> 3;
    bytes[at] = (bytes[at] ?? 0) | (isSet << (7 - (bit & 7)));
  }
  return bytes;
}

function hex(symbol: string): string {
  return (symbol.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
