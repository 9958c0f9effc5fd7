import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type LogPlace, LOG_START } from "../../trust/port/change-log.ts";
import type { Written } from "../sqlite/writing/write-result.ts";

/** How far the replica in a database is, and what changes came to on it: by whichever process they were carried out. */
export class ReplicaReader {
  readonly database: DatabaseSync;
  readonly #place: StatementSync;
  readonly #outcome: StatementSync;
  readonly #branch: StatementSync;

  constructor(database: DatabaseSync) {
    this.database = database;
    this.#place = database.prepare("SELECT position, hash FROM log_place LIMIT 1");
    this.#branch = database.prepare("SELECT 1 FROM branches WHERE left_at IS NULL");
    this.#outcome = database.prepare("SELECT json FROM outcomes WHERE id = ?");
  }

  place(): LogPlace {
    const row = this.#place.get() as unknown as LogPlace | undefined;
    return row === undefined ? LOG_START : { ...row };
  }

  /** Whether the log does not have what is here. */
  isOnBranch(): boolean {
    return this.#branch.get() !== undefined;
  }

  /** Undefined for a change that was not carried out yet, or so long ago that nobody waits for it. */
  outcomeOf(id: string): Written | undefined {
    const row = this.#outcome.get(id) as { readonly json: string } | undefined;
    return row && (JSON.parse(row.json) as Written);
  }
}
