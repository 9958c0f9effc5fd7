import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { GoneDecision, LogBranch } from "../../trust/port/replication.ts";
import { parseEvent } from "../../trust/records/events.ts";

const MOST_GONE = 100;

interface BranchRow {
  readonly number: number;
  readonly position: number;
  readonly parted: number;
  readonly found_at: number;
  readonly left_at: number | null;
  readonly gone: number;
  readonly again: number;
}

/** Reads what became of the last branch of the log that a replica was on. */
export class BranchReader {
  readonly #last: StatementSync;
  readonly #gone: StatementSync;

  constructor(database: DatabaseSync) {
    this.#last = database.prepare(
      `SELECT number, position, parted, found_at, left_at,
         (SELECT count(*) FROM lost_events WHERE branch = number AND is_gone = 1) AS gone,
         (SELECT count(*) FROM lost_events WHERE branch = number AND is_gone = 0) AS again
       FROM branches ORDER BY number DESC LIMIT 1`,
    );
    this.#gone = database.prepare(
      `SELECT json FROM lost_events WHERE branch = ? AND is_gone = 1 ORDER BY sequence LIMIT ${MOST_GONE}`,
    );
  }

  /** Null where there was none. */
  last(): LogBranch | null {
    const row = this.#last.get() as unknown as BranchRow | undefined;
    if (row === undefined) return null;
    const { number, position, parted, found_at: foundAt, left_at: leftAt, gone, again } = row;
    return {
      from: parted,
      lost: position - parted,
      foundAt,
      leftAt,
      ...(leftAt !== null && {
        decisions: {
          again,
          gone,
          firstGone: this.#gone.all(number).flatMap(({ json }) => toDecision(String(json))),
        },
      }),
    };
  }
}

function toDecision(json: string): readonly GoneDecision[] {
  const event = parseEvent(json);
  if (event === undefined) return [];
  const { sequence, type, at, pin, peer } = event;
  return [{ sequence, type, at, pin, peer }];
}
