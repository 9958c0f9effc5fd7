import type { Explanation } from "../../src/explain/explanation.ts";
import type { Cause } from "./causes.ts";
import type { Cell } from "./cell.ts";
import type { Server } from "./server.ts";

/** `named`: the cause, and nothing else. `among`: honestly one of several. `silent`: nothing is claimed. `wrong`: another cause is. */
export type Mark = "named" | "among" | "silent" | "wrong";

const SIGNS: Readonly<Record<Mark, string>> = { named: "✓", among: "~", silent: "·", wrong: "✗" };

/** The cause is what the scenario says it is, whatever was explained. */
export function markOf(cause: Cause, explanations: readonly Explanation[]): Mark {
  const isRight = ({ rule }: Explanation): boolean => cause.rules.includes(rule);
  const claimed = explanations.filter(
    ({ certainty, rule }) => certainty !== "possible" && !NOTHING_CLAIMED.has(rule),
  );
  if (claimed.some((each) => !isRight(each))) return claimed.some(isRight) ? "among" : "wrong";
  if (claimed.some(isRight)) return "named";
  return explanations.some(isRight) ? "among" : "silent";
}

/** Says that something is not known. */
const NOTHING_CLAIMED: ReadonlySet<string> = new Set(["not-explained", "capture-incomplete", "gave-up"]);

export interface Marked {
  readonly cell: Cell;
  readonly keys: boolean;
  readonly mark: Mark;
}

export function marksOf(cells: readonly Cell[]): readonly Marked[] {
  return cells
    .filter(({ isServed }) => !isServed)
    .flatMap((cell) => [
      ...(cell.withKeys === undefined ? [] : [{ cell, keys: true, mark: markOf(cell.cause, cell.withKeys) }]),
      { cell, keys: false, mark: markOf(cell.cause, cell.withoutKeys) },
    ]);
}

/** Causes down, servers across; each cell TLS 1.3 with the client's keys, if it gave them, and without, then TLS 1.2. */
export function table(servers: readonly Server[], marks: readonly Marked[]): string {
  const causes = [...new Set(marks.map(({ cell }) => cell.cause))];
  const signs = (cause: Cause, server: Server): string =>
    (["1.3", "1.2"] as const)
      .map((version) =>
        marks
          .filter(({ cell }) => cell.cause === cause && cell.server === server && cell.version === version)
          .map(({ mark }) => SIGNS[mark])
          .join(""),
      )
      .filter((both) => both !== "")
      .join(" ");
  return [
    `| cause | ${servers.map(({ name }) => name).join(" | ")} |`,
    `|---|${servers.map(() => "---|").join("")}`,
    ...causes.map(
      (cause) => `| ${cause.name} | ${servers.map((server) => signs(cause, server)).join(" | ")} |`,
    ),
  ].join("\n");
}

/** `302 cells: 250 named (✓), …`. */
export function tally(marks: readonly Marked[]): string {
  const count = (mark: Mark): number => marks.filter((each) => each.mark === mark).length;
  const right = count("named") + count("among");
  return (
    `${marks.length} cells: ${count("named")} name the cause (✓), ${count("among")} have it among several (~), ` +
    `${count("silent")} claim nothing (·), ${count("wrong")} are wrong (✗): ` +
    `${((100 * right) / marks.length).toFixed(1)} % right`
  );
}

/** What was said where it was not simply right, for whoever mends it. */
export function oddities(marks: readonly Marked[]): string {
  return marks
    .filter(({ mark }) => mark === "wrong" || mark === "silent")
    .map(({ cell, keys, mark }) => {
      const said = (keys ? (cell.withKeys ?? []) : cell.withoutKeys).map(
        ({ rule, certainty, evidence }) => `    ${certainty} ${rule}: ${evidence.join(" ")}`,
      );
      const where = `${cell.server.name}, TLS ${cell.version}, ${keys ? "with keys" : "without keys"}`;
      return [`${SIGNS[mark]} ${cell.cause.name}: ${where}`, ...said].join("\n");
    })
    .join("\n");
}
