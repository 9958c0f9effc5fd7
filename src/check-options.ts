import { HandclaspError } from "./errors.ts";

/** What an option can be. */
export interface OptionRule {
  /** As in "now must be a function". */
  readonly mustBe: string;
  readonly allows: (value: unknown) => boolean;
  /** All that it can be, where that is a few words. */
  readonly words?: readonly string[];
}

/** A rule for each option; the compiler misses those that are left out. */
export type OptionRules<T extends object> = { readonly [Name in keyof Required<T>]: OptionRule };

export const ANYTHING: OptionRule = { mustBe: "anything", allows: () => true };
export const FUNCTION: OptionRule = {
  mustBe: "a function",
  allows: (value) => typeof value === "function",
};
export const BOOLEAN: OptionRule = {
  mustBe: "true or false",
  allows: (value) => typeof value === "boolean",
};
export const TEXT: OptionRule = { mustBe: "a text", allows: (value) => typeof value === "string" };
export const OBJECT: OptionRule = {
  mustBe: "an object",
  allows: (value) => typeof value === "object" && value !== null,
};
export const NUMBER: OptionRule = {
  mustBe: "a number",
  allows: (value) => typeof value === "number" && Number.isFinite(value),
};
export const COUNT: OptionRule = {
  mustBe: "a whole number above 0",
  allows: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};

export function oneOf(...words: readonly string[]): OptionRule {
  return {
    words,
    mustBe: `one of ${words.join(", ")}`,
    allows: (value) => words.includes(value as string),
  };
}

/** What has all of these methods. */
export function has(mustBe: string, ...methods: readonly string[]): OptionRule {
  return { mustBe, allows: (value) => methods.every((name) => isMethod(value, name)) };
}

/** Throws ERR_HANDCLASP_OPTION unless the rule allows the value. */
export function check(name: string, value: unknown, rule: OptionRule, hint?: string): void {
  if (rule.allows(value)) return;
  const { words } = rule;
  if (words === undefined) {
    throw wrong(`${name} must be ${rule.mustBe}, not ${shown(value)}`, hint);
  }
  throw wrong(
    `${name} cannot be ${shown(value)}`,
    `${meant(String(value), words)}use one of ${words.join(", ")}`,
  );
}

/**
 * Throws ERR_HANDCLASP_OPTION for options that are not there, cannot be what they are, or are missing; `of` is whose they
 * are. What is undefined counts as left out.
 */
export function checkOptions<T extends object>(
  of: string,
  options: T,
  rules: OptionRules<T>,
  needed: readonly (keyof T & string)[] = [],
): void {
  check(`the options of ${of}`, options, OBJECT);
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    const rule = (Object.hasOwn(rules, name) ? Reflect.get(rules, name) : undefined) as
      | OptionRule
      | undefined;
    if (rule === undefined) throw unknown(of, name, Object.keys(rules));
    if (value !== undefined) check(name, value, rule);
  }
  const missing = needed.find((name) => options[name] === undefined);
  if (missing === undefined) return;
  throw wrong(`${of} needs the option ${missing}`, `it must be ${rules[missing].mustBe}${example(missing)}`);
}

function unknown(of: string, name: string, names: readonly string[]): HandclaspError {
  const suggestion = meant(name, names);
  const hint = suggestion === "" ? `its options are ${names.join(", ")}` : suggestion.trimEnd();
  return wrong(`${of} has no option ${JSON.stringify(name)}`, hint);
}

function wrong(message: string, hint?: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", message, hint === undefined ? {} : { hint });
}

function example(name: string): string {
  if (name === "now") return ": now: Date.now";
  return name === "process" ? ": process: `my-server ${process.pid}`" : "";
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

function isMethod(value: unknown, name: string): boolean {
  const isOne = (typeof value === "object" && value !== null) || typeof value === "function";
  return isOne && typeof Reflect.get(value, name) === "function";
}

/** The word that was meant, as far as that can be told, as a question and a space. */
export function meant(given: string, words: readonly string[]): string {
  const near = words
    .map((word) => ({ word, typos: distance(given.toLowerCase(), word.toLowerCase()) }))
    .toSorted((one, other) => one.typos - other.typos);
  const [best] = near;
  if (best === undefined || best.typos > Math.max(1, Math.floor(best.word.length / 3))) return "";
  return `did you mean ${best.word}? `;
}

/** How many letters to add, drop, replace or swap with their neighbour, for short words. */
function distance(one: string, other: string): number {
  if (Math.abs(one.length - other.length) > 10) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      next[column] = Math.min(
        at(last, column) + 1,
        at(next, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(before, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = last;
    last = next;
  }
  return at(last, other.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
