import type { Difference, Json } from "./differences.ts";

/** A difference that is meant. */
export interface Expected {
  /** How the command line begins; empty for every one. */
  readonly of: string;
  /** As `Difference.field` has it; what lies below it is meant too. */
  readonly field: string;
  /** What it was; default anything. */
  readonly before?: Json;
  readonly why: string;
}

const LISTENER = "what a listener brought about names it";
const MACHINE = "what came to one of many machines names it";
const HINT = "hints are sentences, with the commands behind them made from data";

/** What this version answers otherwise than the one before it: every line of this was decided. */
export const EXPECTED: readonly Expected[] = [
  { of: "store stats", field: "schema", why: "the store has a new schema" },
  { of: "store stats", field: "bytes", why: "a new schema takes other room" },
  { of: "doctor", field: "message", why: "the store has a new schema" },
  { of: "", field: "listener", why: LISTENER },
  { of: "", field: "actor.listener", why: LISTENER },
  { of: "trust show", field: "refusals[].listener", why: LISTENER },
  { of: "trust show", field: "events[].actor.listener", why: LISTENER },
  { of: "", field: "machine", why: MACHINE },
  { of: "trust show", field: "refusals[].machine", why: MACHINE },
  { of: "explain", field: "refusal.machine", why: MACHINE },
  { of: "", field: "error.hint", why: HINT },
  { of: "trust import", field: "failed[].hint", why: HINT },
  { of: "", field: "error.code", before: null, why: "wrong usage has a code, too" },
  {
    of: "trust approve",
    field: "error.code",
    before: "ERR_HANDCLASP_STATE",
    why: "what is not as it was seen has a code",
  },
  ...["replaced", "formerClaim", "formerNewName", "formerNewNameKey", "formerKey"].map((detail) => ({
    of: "trust events",
    field: `details.${detail}`,
    why: "by what events say an act is undone",
  })),
  { of: "trust list", field: "conflictsWith", why: "of two who have a name, one never met comes last" },
  ...["trust", "group"].map((of) => ({ of, field: "version", why: "keys have versions" })),
  ...["trust", "group"].map((of) => ({ of, field: "note", why: "keys have notes" })),
  { of: "trust import", field: "imported[].version", why: "keys have versions" },
  { of: "trust import", field: "imported[].note", why: "keys have notes" },
];

/** Why a difference is meant; undefined when nobody said that it is. */
export function reasonFor(
  commandLine: string,
  { field, before }: Difference,
  expected: readonly Expected[] = EXPECTED,
): string | undefined {
  const bare = field.replace(/^(?:\[\]\.?)+/, "");
  return expected.find(
    (one) =>
      commandLine.startsWith(one.of) &&
      (one.before === undefined || one.before === before) &&
      (bare === one.field || bare.startsWith(`${one.field}.`) || bare.startsWith(`${one.field}[]`)),
  )?.why;
}
