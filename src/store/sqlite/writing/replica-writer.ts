import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { applyChange } from "../../../trust/changes/apply-change.ts";
import type { PreparedChange } from "../../../trust/changes/prepared-change.ts";
import { encodeSettledChange, parseSettledChange } from "../../log/settled-change.ts";
import { type LogEntry, type LogPlace, LOG_START } from "../../../trust/port/change-log.ts";
import { problemOfEntry } from "../../log/seal-entry.ts";
import { isAboutOneStatement, toStoreError } from "../file/sqlite-errors.ts";
import type { RowJournal } from "../digest/row-journal.ts";
import { LoggedTables } from "../tables/logged-tables.ts";
import { type Done, toWriteError, UNDONE, type Written } from "./write-result.ts";

/** How many outcomes are kept, for whoever waits for one. */
const OUTCOMES_KEPT = 10_000;

/** Carries out a log on the replica in a database; inside of the caller's transaction. */
export class ReplicaWriter {
  readonly #journal: RowJournal;
  readonly #tables: LoggedTables;
  readonly #save: StatementSync;
  readonly #undo: StatementSync;
  readonly #release: StatementSync;
  readonly #place: StatementSync;
  readonly #move: StatementSync;
  readonly #outcome: StatementSync;
  readonly #forget: StatementSync;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync, journal: RowJournal) {
    this.#database = database;
    this.#journal = journal;
    this.#tables = new LoggedTables(database, journal);
    this.#save = database.prepare("SAVEPOINT one_entry");
    this.#undo = database.prepare("ROLLBACK TO one_entry");
    this.#release = database.prepare("RELEASE one_entry");
    this.#place = database.prepare("SELECT position, hash FROM log_place LIMIT 1");
    this.#move = database.prepare(
      "INSERT OR REPLACE INTO log_place (rowid, position, hash) VALUES (1, ?, ?)",
    );
    this.#outcome = database.prepare("INSERT OR REPLACE INTO outcomes (id, position, json) VALUES (?, ?, ?)");
    this.#forget = database.prepare("DELETE FROM outcomes WHERE position <= ?");
  }

  /** Tries a change with all that is known here. What decides something is taken back: the log has to say it first. */
  settle(change: PreparedChange): Done {
    this.#tables.beginSettling();
    const mark = this.#journal.mark;
    this.#save.run();
    try {
      const outcome = applyChange(this.#tables, change);
      if (!this.#tables.decides) return { ok: true, outcome, text: null };
      this.#takeBack(mark);
      return { ok: true, outcome, text: encodeSettledChange({ change, seen: this.#tables.asked }) };
    } catch (error) {
      if (this.#database.isTransaction) this.#takeBack(mark);
      throw error;
    } finally {
      if (this.#database.isTransaction) this.#release.run();
    }
  }

  /** Carries out what of the entries is not carried out yet. Throws when they do not follow: nothing may be skipped. */
  follow(entries: readonly LogEntry[]): void {
    let place = (this.#place.get() as unknown as LogPlace | undefined) ?? LOG_START;
    for (const entry of entries) {
      if (entry.position <= place.position) continue;
      const problem = problemOfEntry(place, entry);
      if (problem !== undefined)
        throw new HandclaspError("ERR_HANDCLASP_AUDIT", `the log of changes: ${problem}`);
      const { position, hash } = entry;
      this.#outcome.run(entry.id, position, JSON.stringify(this.#carryOut(entry)));
      place = { position, hash };
    }
    this.#move.run(place.position, place.hash);
    this.#forget.run(place.position - OUTCOMES_KEPT);
  }

  /** Whatever is thrown is what the change came to, on every replica alike: only a disk that fails stops us. */
  #carryOut({ change: text, at }: LogEntry): Written {
    const mark = this.#journal.mark;
    this.#save.run();
    try {
      const { change, seen } = parseSettledChange(text);
      this.#tables.bring(seen);
      return { ok: true, outcome: applyChange(this.#tables, { ...change, at: Date.parse(at) }) };
    } catch (error) {
      if (!isAboutOneStatement(error)) throw error;
      this.#takeBack(mark);
      return { ok: false, error: toWriteError(toStoreError(error, "ERR_HANDCLASP_STORE_WRITE", UNDONE)) };
    } finally {
      if (this.#database.isTransaction) this.#release.run();
    }
  }

  #takeBack(mark: number): void {
    this.#undo.run();
    this.#journal.takeBack(mark);
  }
}
