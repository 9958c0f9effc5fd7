import type { Difference } from "./differences.ts";

/** A difference that is meant. */
export interface Expected {
  /** How the command line begins; empty for every one. */
  readonly of: string;
  /** As `Difference.field` has it; what lies below it is meant too. */
  readonly field: string;
  readonly why: string;
}

/** What this version answers otherwise than the one before it: every line of this was decided. */
export const EXPECTED: readonly Expected[] = [
  { of: "", field: "error.hint", why: "a hint is a sentence, with commands made of remedies behind it" },
  { of: "trust import", field: "failed[].hint", why: "a hint is a sentence, with commands behind it" },
  { of: "store stats", field: "schema", why: "the store has a new schema" },
  { of: "store stats", field: "bytes", why: "a new schema takes other room" },
  { of: "trust connections", field: "listener", why: "what a listener brought about names it" },
  { of: "trust show", field: "refusals[].listener", why: "what a listener brought about names it" },
  { of: "explain", field: "listener", why: "what a listener brought about names it" },
  { of: "explain", field: "facts.listener", why: "what a listener brought about names it" },
];

/** Why a difference is meant; undefined when nobody said that it is. */
export function reasonFor(
  commandLine: string,
  { field }: Difference,
  expected: readonly Expected[] = EXPECTED,
): string | undefined {
  const bare = field.replace(/^(?:\[\]\.?)+/, "");
  return expected.find(
    (one) =>
      commandLine.startsWith(one.of) &&
      (bare === one.field || bare.startsWith(`${one.field}.`) || bare.startsWith(`${one.field}[]`)),
  )?.why;
}
