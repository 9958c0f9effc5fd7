import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyRecord } from "../../../trust/records/key-record.ts";

/** Of what there is no row: nothing is looked for among none. Asked once for all that is done in one transaction. */
export class AbsentRows {
  readonly #database: DatabaseSync;
  #ask: StatementSync | undefined;
  #tombstones = false;
  #conflicts = false;
  #waiting = false;
  #shared = false;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** Whether no key has a tombstone. */
  get tombstones(): boolean {
    return this.#tombstones;
  }

  /** Whether no key conflicts with another. */
  get conflicts(): boolean {
    return this.#conflicts;
  }

  /** Whether no key waits for a name. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Whether no key waits of which machines tell each other. */
  get shared(): boolean {
    return this.#shared;
  }

  begin(): void {
    // While a snapshot is being taken in, the indexes may not be there.
    this.#ask ??= this.#database.prepare(ABSENT);
    const row = this.#ask.get() as Readonly<Record<string, number>>;
    this.#tombstones = row["tombstones"] === 1;
    this.#conflicts = row["conflicts"] === 1;
    this.#waiting = row["waiting"] === 1;
    this.#shared = row["shared"] === 1;
  }

  /** From now on each is looked for. */
  end(): void {
    this.#tombstones = this.#conflicts = this.#waiting = this.#shared = false;
  }

  putTombstone(): void {
    this.#tombstones = false;
  }

  putKey({ state, conflictsWith }: KeyRecord): void {
    if (conflictsWith !== null) this.#conflicts = false;
    if (state === "pending") this.#waiting = false;
  }
}

const ABSENT = `SELECT NOT EXISTS (SELECT 1 FROM tombstones) AS tombstones,
  NOT EXISTS (SELECT 1 FROM keys INDEXED BY keys_by_conflict WHERE conflicts_with IS NOT NULL) AS conflicts,
  NOT EXISTS (SELECT 1 FROM keys INDEXED BY keys_waiting WHERE state = 'pending' AND name_key IS NULL) AS waiting,
  NOT EXISTS (SELECT 1 FROM waiting_at) AS shared`;
