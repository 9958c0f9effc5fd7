// Figures of the comparison: medians, ratios of neighbouring rounds, and how they are written down.
import type { Target } from "./rows.ts";

/** What each contender needed in each round, for one unit. */
export type Rounds = ReadonlyMap<string, readonly number[]>;

export interface Result {
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly medians: Readonly<Record<string, number>>;
  readonly comparisons: readonly Comparison[];
}

export interface Comparison extends Target {
  readonly ours: string;
  /** Of what we need to what they need; null when one of the two was not measured. */
  readonly ratio: number | null;
}

export function toResult(
  row: { readonly id: string; readonly what: string; readonly unit: string },
  ours: string,
  rounds: Rounds,
  targets: readonly Target[],
): Result {
  const medians = Object.fromEntries([...rounds].map(([name, costs]) => [name, rounded(median(costs))]));
  const comparisons = targets.map((target) => ({
    ...target,
    ours,
    ratio: ratioOfRounds(rounds.get(ours), rounds.get(target.than)),
  }));
  return { id: row.id, what: row.what, unit: row.unit, medians, comparisons };
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

/** `holds`, `MISSED`, or how far an aim is. */
export function verdictOf({ ratio, most, aim }: Comparison): string {
  if (ratio === null) return "not measured";
  if (ratio <= most) return "holds";
  return aim === true ? "not reached" : "MISSED";
}

/** One result for people. */
export function toText({ what, unit, medians, comparisons }: Result): string {
  return [
    `${what} (${unit})`,
    ...Object.entries(medians).map(([name, value]) => `  ${name.padEnd(34)} ${value}`),
    ...comparisons.map((each) => {
      const wanted = `${each.aim === true ? "aim" : "target"} ≤ ${each.most}`;
      return `  ${`${each.ours} / ${each.than}`.padEnd(34)} ${each.ratio ?? "–"}  ${wanted}  ${verdictOf(each)}`;
    }),
    "",
  ].join("\n");
}

/** Tables for docs/performance.md. */
export function toMarkdown(results: readonly Result[], machine: string): string {
  const names = [...new Set(results.flatMap(({ medians }) => Object.keys(medians)))];
  const costs = results.map(
    ({ what, unit, medians }) =>
      `| ${what} | ${unit} | ${names.map((name) => medians[name] ?? "–").join(" | ")} |`,
  );
  const targets = results.flatMap(({ what, comparisons }) =>
    comparisons.map(
      (each) =>
        `| ${what} | ${each.ours} / ${each.than} | ${each.aim ? "aim " : ""}≤ ${each.most}× | **${each.ratio ?? "–"}${each.ratio === null ? "" : "×"}** ${verdictOf(each)} |`,
    ),
  );
  return [
    machine,
    "",
    `| work | | ${names.join(" | ")} |`,
    `|---|---|${names.map(() => "---|").join("")}`,
    ...costs,
    "",
    "| work | ratio | wanted | measured |",
    "|---|---|---|---|",
    ...targets,
  ].join("\n");
}

export function rounded(value: number): number {
  return Number(value.toPrecision(value >= 1000 ? 4 : 3));
}

function ratioOfRounds(ours?: readonly number[], theirs?: readonly number[]): number | null {
  if (ours === undefined || theirs === undefined || ours.length === 0) return null;
  return Number(median(ours.map((cost, round) => cost / (theirs[round] ?? Number.NaN))).toFixed(3));
}
