import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { applyChange } from "../../../trust/changes/apply-change.ts";
import type {
  PreparedBar,
  PreparedChange,
  PreparedSetAside,
} from "../../../trust/changes/prepared-change.ts";
import { toStranger } from "../../log/to-stranger.ts";
import { encodeSettledChange, parseSettledChange, type SeenRow } from "../../log/settled-change.ts";
import { type LogEntry, type LogPlace, LOG_START } from "../../../trust/port/change-log.ts";
import { knownRules } from "../../log/known-rules.ts";
import { namedByPin } from "../../log/named-by-pin.ts";
import { problemOfEntry } from "../../log/seal-entry.ts";
import type { Outcome } from "../../../trust/records/change.ts";
import type { KeyPin, KeyState } from "../../../trust/records/key-record.ts";
import { isAboutOneStatement, toStoreError } from "../file/sqlite-errors.ts";
import type { RowJournal } from "../digest/row-journal.ts";
import { beingFilled, isBeingFilled } from "../snapshot/being-filled.ts";
import { WaitingMarks } from "../shared/waiting-marks.ts";
import { LoggedTables } from "../tables/logged-tables.ts";
import { SettlingTables } from "../tables/settling-tables.ts";
import { replaceRows } from "./replace-rows.ts";
import { type Done, toWriteError, UNDONE, type Written } from "./write-result.ts";

/** How many outcomes are kept, for whoever waits for one. */
const OUTCOMES_KEPT = 10_000;
type BarredState = Extract<KeyState, "revoked" | "ignored" | "pending">;
/** As `take-away` has it: what is not more than what was taken already changes nothing. */
const WEIGHT: Readonly<Record<BarredState, number>> = { pending: 1, ignored: 2, revoked: 3 };

/** Of how many branches that were left it is known what was lost on them. */
const BRANCHES_KEPT = 5;

/** The replica becomes what another database is, which the log led to. */
export interface BranchLeft {
  readonly kind: "leave-branch";
  /** Where the replica stands: if it is somewhere else by now, another process was here before, and nothing is to be done. */
  readonly place: LogPlace;
  /** The database, as SQLite attaches it. */
  readonly anew: string;
  /** The last event that both have. */
  readonly common: number;
  /** Events whose decisions are not done again. */
  readonly gone: readonly number[];
  /** Which of the changes that were done here alone are in the log by now: if there are others, nothing is to be done yet. */
  readonly later: readonly string[];
  readonly at: number;
}

/** Carries out a log on the replica in a database; inside of the caller's transaction. */
export class ReplicaWriter {
  readonly #journal: RowJournal;
  readonly #tables: LoggedTables;
  readonly #settling: SettlingTables;
  readonly #save: StatementSync;
  readonly #undo: StatementSync;
  readonly #release: StatementSync;
  readonly #place: StatementSync;
  readonly #move: StatementSync;
  readonly #outcome: StatementSync;
  readonly #forget: StatementSync;
  readonly #hasLater: StatementSync;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync, journal: RowJournal) {
    this.#database = database;
    this.#journal = journal;
    const marks = new WaitingMarks(database);
    this.#tables = new LoggedTables(database, journal, marks);
    this.#settling = new SettlingTables(database, journal, marks);
    this.#save = database.prepare("SAVEPOINT one_entry");
    this.#undo = database.prepare("ROLLBACK TO one_entry");
    this.#release = database.prepare("RELEASE one_entry");
    this.#place = database.prepare("SELECT position, hash FROM log_place LIMIT 1");
    this.#move = database.prepare(
      "INSERT OR REPLACE INTO log_place (rowid, position, hash) VALUES (1, ?, ?)",
    );
    this.#outcome = database.prepare("INSERT OR REPLACE INTO outcomes (id, position, json) VALUES (?, ?, ?)");
    this.#hasLater = database.prepare("SELECT 1 FROM later LIMIT 1");
    this.#forget = database.prepare("DELETE FROM outcomes WHERE position <= ?");
  }

  /** What a change would come to now, and the rows that it is about. */
  #tryOut(change: PreparedChange): { readonly outcome: Outcome; readonly seen: readonly SeenRow[] } {
    this.#settling.begin();
    const mark = this.#journal.mark;
    this.#save.run();
    try {
      return { outcome: applyChange(this.#settling, change), seen: this.#settling.asked };
    } finally {
      if (this.#database.isTransaction) {
        this.#takeBack(mark);
        this.#release.run();
      }
    }
  }

  /** Tries a change with all that is known here. What decides something is taken back: the log has to say it first. */
  settle(change: PreparedChange): Done {
    this.#settling.begin();
    const mark = this.#journal.mark;
    this.#save.run();
    try {
      const logged = namedByPin(this.#settling, change);
      const outcome = applyChange(this.#settling, logged);
      if (!this.#settling.decides) {
        this.#settling.keep();
        return { ok: true, outcome, text: null };
      }
      this.#takeBack(mark);
      const text = encodeSettledChange({ change: logged, seen: this.#settling.asked });
      // What its keys are then is asked for where it was carried out.
      return { ok: true, outcome: outcome.kind === "changed" ? { ...outcome, keys: [] } : outcome, text };
    } catch (error) {
      if (this.#database.isTransaction) this.#takeBack(mark);
      throw error;
    } finally {
      if (this.#database.isTransaction) this.#release.run();
    }
  }

  /**
   * Carries out what of the entries is not carried out yet. Throws when they do not follow: nothing may be skipped; and at
   * once, whatever one of them throws: the caller takes all of it back, and has them carried out one by one.
   */
  follow(entries: readonly LogEntry[], how: "at once" | "one by one"): void {
    if (how === "one by one") this.#follow(entries, (entry) => this.#tryToCarryOut(entry));
    else this.#tables.atOnce(() => this.#follow(entries, (entry) => this.#carryOut(entry)));
  }

  #follow(entries: readonly LogEntry[], carryOut: (entry: LogEntry) => Written): void {
    let place = this.#placed();
    // Another process found one that counts: what it is of comes first.
    if (isBeingFilled(this.#database)) throw beingFilled();
    for (const entry of entries) {
      if (entry.position <= place.position) continue;
      const problem = problemOfEntry(place, entry);
      if (problem !== undefined)
        throw new HandclaspError("ERR_HANDCLASP_AUDIT", `the log of changes: ${problem}`);
      knownRules(entry.rules);
      const { position, hash } = entry;
      this.#outcome.run(entry.id, position, JSON.stringify(carryOut(entry)));
      place = { position, hash };
    }
    this.#move.run(place.position, place.hash);
    this.#forget.run(place.position - OUTCOMES_KEPT);
    if (this.#hasLater.get() !== undefined) this.haveDone(entries.map(({ id }) => id));
  }

  /** Has keys barred for all processes on this file, and what is to be appended for that. */
  barHere(wanted: PreparedBar | PreparedSetAside, id: string): Done {
    const { outcome, seen } = this.#tryOut(wanted);
    if (outcome.kind !== "changed") return { ok: true, outcome };
    const done: Done = { ok: true, outcome: { kind: "changed", keys: outcome.keys, later: true } };
    const takings = outcome.keys
      .map(({ pin, state }) => ({ what: "key", pin, state: state as BarredState }) as const)
      .filter(({ pin, state }) => !this.#isBarred(pin, state));
    // All of it waits to be appended already.
    if (takings.length === 0) return done;
    const { at, actor } = wanted;
    const details = { barredAt: new Date(at).toISOString() };
    const change = { type: "take-away", at, actor, takings, details } as const;
    // Who is forgotten elsewhere until then, or whom the log lost, is barred all the same.
    const strangers = seen.map(({ waiting, certificate }) => {
      const barred = outcome.keys.find(({ pin }) => pin === certificate.pin);
      return { waiting: waiting ?? (barred === undefined ? null : toStranger(barred)), certificate };
    });
    const text = encodeSettledChange({ change, seen: strangers });
    this.#database.prepare("INSERT INTO later (id, change) VALUES (?, ?)").run(id, text);
    const bar = this.#database.prepare("INSERT INTO bars (pin, id, state) VALUES (?, ?, ?)");
    for (const { pin, state } of takings) bar.run(pin, id, state);
    return done;
  }

  /** Whether what waits to be appended takes as much from a key. */
  #isBarred(pin: KeyPin, state: BarredState): boolean {
    const bars = this.#database.prepare("SELECT state FROM bars WHERE pin = ?").all(pin);
    return bars.some((bar) => WEIGHT[bar["state"] as BarredState] >= WEIGHT[state]);
  }

  /** These are in the log, and carried out. */
  haveDone(ids: Iterable<string>): void {
    const [later, bars] = [
      this.#database.prepare("DELETE FROM later WHERE id = ?"),
      this.#database.prepare("DELETE FROM bars WHERE id = ?"),
    ];
    for (const id of ids) {
      later.run(id);
      bars.run(id);
    }
  }

  /** From now on whoever has the file open knows that nothing in it may be relied on; unless it is somewhere else by now. */
  noteBranch({ position, hash }: LogPlace, head: LogPlace, at: number): void {
    if (this.#placed().hash !== hash) return;
    const sql = `INSERT INTO branches (position, hash, parted, found_at) SELECT ?, ?, ?, ?
      WHERE NOT EXISTS (SELECT 1 FROM branches WHERE left_at IS NULL)`;
    this.#database.prepare(sql).run(position, hash, Math.min(position - 1, head.position), at);
  }

  /** The log has it after all: another database answered for a while. */
  endBranch(): void {
    this.#database.exec("DELETE FROM branches WHERE left_at IS NULL");
  }

  /** Makes the replica what the attached database is, unless another process did so before, or barred somebody meanwhile. */
  leaveBranch({ place, common, gone, later, at }: BranchLeft): void {
    if (this.#placed().hash !== place.hash) return;
    const others = "SELECT 1 FROM later WHERE id NOT IN (SELECT value FROM json_each(?))";
    if (this.#database.prepare(others).get(JSON.stringify(later)) !== undefined) return;
    const number = this.#database
      .prepare(
        `UPDATE branches SET left_at = ?, common = ?, parted = ifnull((SELECT max(position) FROM main.outcomes
           JOIN anew.outcomes USING (id, position)), parted) WHERE left_at IS NULL RETURNING number`,
      )
      .get(at, common)?.["number"];
    if (number !== undefined) this.#keepLost(Number(number), common, gone);
    // What was read before is not what is there.
    this.#tables.bring([]);
    replaceRows(this.#database, this.#tables, common);
    this.haveDone(later);
    // The sum of rows is another one, whatever was written before.
    this.#journal.takeBack(0);
  }

  #keepLost(branch: number, common: number, gone: readonly number[]): void {
    this.#database
      .prepare(
        `INSERT INTO lost_events (branch, sequence, json, is_gone)
           SELECT ?, sequence, json, sequence IN (SELECT value FROM json_each(?)) FROM events WHERE sequence > ?`,
      )
      .run(branch, JSON.stringify(gone), common);
    this.#database.prepare("DELETE FROM lost_events WHERE branch <= ?").run(branch - BRANCHES_KEPT);
  }

  #placed(): LogPlace {
    return (this.#place.get() as unknown as LogPlace | undefined) ?? LOG_START;
  }

  /** Whatever is thrown is what the change came to, on every replica alike: only a disk that fails stops us. */
  #tryToCarryOut(entry: LogEntry): Written {
    const mark = this.#journal.mark;
    this.#save.run();
    try {
      return this.#carryOut(entry);
    } catch (error) {
      if (!isAboutOneStatement(error)) throw error;
      this.#takeBack(mark);
      return { ok: false, error: toWriteError(toStoreError(error, "ERR_HANDCLASP_STORE_WRITE", UNDONE)) };
    } finally {
      if (this.#database.isTransaction) this.#release.run();
    }
  }

  #carryOut({ change: text, at }: LogEntry): Done {
    const { change, seen } = parseSettledChange(text);
    this.#tables.bring(seen, "certificate" in change ? change.certificate.pin : null);
    return { ok: true, outcome: applyChange(this.#tables, { ...change, at: Date.parse(at) }) };
  }

  #takeBack(mark: number): void {
    this.#undo.run();
    this.#journal.takeBack(mark);
  }
}
