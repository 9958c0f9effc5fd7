import { HandclaspError } from "../errors.ts";
import type { AuditReport } from "../trust/chain/audit-rows.ts";
import type { RowDifference, RowsReport } from "../trust/chain/compare-rows.ts";
import { CHAIN_START, type ChainHead } from "../trust/records/events.ts";
import type { Roll } from "../trust/port/roll.ts";
import { eventAt } from "./listed-event.ts";

/** What is wrong with a store as evidence: with its chain, or with the rows that it should come to. */
export function auditProblem({ chain, rows }: AuditReport): HandclaspError | undefined {
  const { head, broken } = chain;
  if (broken !== null) {
    return new HandclaspError("ERR_HANDCLASP_AUDIT", `event ${broken.sequence}: ${broken.problem}`, {
      hint: `events up to ${head.sequence} are as they were written; compare the rest with a backup`,
      details: { sequence: broken.sequence },
    });
  }
  return rows === null || rows.count === 0 ? undefined : rowsProblem(rows);
}

/** What could not be compared, as far as there is such; undefined when all was. */
export function notCompared({ rows }: AuditReport): string | undefined {
  const tokens = rows?.uncomparedTokens ?? 0;
  if (tokens === 0) return undefined;
  const whose = tokens === 1 ? "1 join token" : `${tokens} join tokens`;
  return `not compared: the keys of ${whose} made by an earlier version, whose events do not have them`;
}

/** A chain that verifies may still have lost its end, or have been written anew. */
export async function tailProblem(
  store: Roll,
  head: ChainHead,
  noted: ChainHead,
): Promise<HandclaspError | undefined> {
  if (noted.sequence > head.sequence) {
    return new HandclaspError(
      "ERR_HANDCLASP_AUDIT",
      `event ${head.sequence + 1} to ${noted.sequence} are gone: the chain ends at ${head.sequence}`,
      { hint: "the end of the log was cut off, or this is an older copy of the store" },
    );
  }
  const there = noted.sequence === 0 ? CHAIN_START : await eventAt(store, noted.sequence);
  if (there?.hash === noted.hash) return undefined;
  return new HandclaspError(
    "ERR_HANDCLASP_AUDIT",
    `event ${noted.sequence} has another hash than was noted: it, or one before it, was rewritten`,
    { hint: "compare the events with a backup" },
  );
}

/** How rows and events differ, for programs; all null when the chain is broken. */
export function toJsonRows({ rows }: AuditReport): object {
  return {
    differences: rows?.differences ?? null,
    differenceCount: rows?.count ?? null,
    uncomparedTokens: rows?.uncomparedTokens ?? null,
  };
}

function rowsProblem({ differences, count }: RowsReport): HandclaspError {
  const places = count === 1 ? "one place" : `${count} places`;
  const shown = differences.map((difference) => `\n  ${showDifference(difference)}`);
  const more = count > differences.length ? `\n  and ${count - differences.length} more` : "";
  return new HandclaspError(
    "ERR_HANDCLASP_AUDIT",
    `the rows are not what the events come to, in ${places}:${shown.join("")}${more}`,
    {
      hint: "another program wrote to the file: find out which, and restore a backup from before, or decide anew about these keys",
      remedies: [
        { act: "revoke-key", at: "server" },
        { act: "approve-key", at: "server" },
      ],
      details: { differences, count },
    },
  );
}

/** Whoever edited rows chose what is in them: it stays on its line, and whoever prints it escapes the rest. */
function showDifference({ about, field, row, events }: RowDifference): string {
  return `${about}: ${field} is ${show(row)}, by the events ${show(events)}`.replaceAll("\n", " ");
}

function show(value: string | null): string {
  return value === null ? "nothing" : `"${value}"`;
}
