import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { parseEvent, type TrustEvent } from "../../../trust/records/events.ts";

/** What became of a chain whose end was on a branch of a log. */
export interface LeftBranch {
  /** The last event that still stands. */
  readonly common: number;
  /** What came after it. */
  readonly events: readonly TrustEvent[];
}

interface BranchRow {
  readonly left: number | null;
  readonly common: number | null;
  readonly position: number | null;
}

/** Notices that a replica is on a branch of its log, and that one was left, by whichever process. */
export class BranchFeed {
  /** Why nobody may be admitted by what is read, though it can be shown; undefined while all is well. */
  problem: HandclaspError | undefined;
  readonly #branch: StatementSync;
  readonly #lost: StatementSync;
  /** The number of the branch that was left last, as far as it was told. */
  #told = 0;

  constructor(database: DatabaseSync) {
    this.#branch = database.prepare(
      `SELECT max(number) FILTER (WHERE left_at IS NOT NULL) AS left,
         min(common) FILTER (WHERE left_at IS NOT NULL AND number > ?) AS common,
         max(position) FILTER (WHERE left_at IS NULL) AS position FROM branches`,
    );
    this.#lost = database.prepare("SELECT json FROM lost_events WHERE branch > ? ORDER BY branch, sequence");
    this.#told = this.#look().left ?? 0;
  }

  /** What is to be told of branches that were left since this was asked last; undefined for none. */
  left(): LeftBranch | undefined {
    const { left, common } = this.#look();
    if (left === null || common === null) return undefined;
    const events = this.#lost.all(this.#told).flatMap(({ json }) => parseEvent(String(json)) ?? []);
    this.#told = left;
    return { common, events };
  }

  #look(): BranchRow {
    const row = this.#branch.get(this.#told) as unknown as BranchRow;
    this.problem = row.position === null ? undefined : onBranch(row.position);
    return row;
  }
}

function onBranch(position: number): HandclaspError {
  const problem = `what is here was carried out up to change ${position} of a log that does not have it any more`;
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", problem, {
    hint: "wait: it is replaced by what the log leads to, and what was taken is taken again",
    details: { replication: "branch" },
  });
}
