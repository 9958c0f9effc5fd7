import type { DatabaseSync } from "node:sqlite";
import { reasonOf } from "../../../errors.ts";
import type { Exchanged, ReadRow } from "../../../trust/port/shared-rows.ts";
import { REFUSALS_KEPT_MS } from "../sightings/sightings.ts";
import { putSession } from "../desk/session-rows.ts";
import { KeptStatements } from "./kept-statements.ts";
import { parseConnection, parseRefusal, parseRun, parseSession } from "./parse-told.ts";
import { isOwnSetting } from "./shared-kinds.ts";
import type { RowTeller } from "./tell-rows.ts";
import { WaitingRows } from "./waiting-rows.ts";

/** Who takes rows, and when. */
export interface TakenBy {
  /** A UUID: this machine. */
  readonly node: string;
  /** Milliseconds since the epoch, by this machine's clock. */
  readonly now: number;
}

/** A row that was not taken, and why. */
export interface IgnoredRow extends Pick<ReadRow, "kind" | "key" | "node"> {
  readonly reason: string;
}

/** Writes what other machines said into this one's tables, inside the caller's transaction. Nobody is believed to be sane. */
export class RowTaker {
  readonly #database: DatabaseSync;
  readonly #statements: KeptStatements;
  readonly #teller: RowTeller;
  readonly #waiting: WaitingRows;

  constructor(database: DatabaseSync, teller: RowTeller) {
    this.#database = database;
    this.#statements = new KeptStatements(database);
    this.#teller = teller;
    this.#waiting = new WaitingRows(database);
  }

  /** What could not be made sense of is left out, and returned. */
  take({ rows, place, isWhole }: Exchanged, by: TakenBy): readonly IgnoredRow[] {
    if (isWhole) this.#beginAnew();
    const ignored: IgnoredRow[] = [];
    for (const row of rows) {
      const reason = this.#takeOne(row, by);
      const { kind, key, node } = row;
      if (reason !== undefined) ignored.push({ kind, key, node, reason });
    }
    this.#run("DELETE FROM refusals WHERE node IS NOT NULL AND last_at < ?", by.now - REFUSALS_KEPT_MS);
    this.#run(
      "INSERT OR REPLACE INTO shared_place (rowid, epoch, revision, since) VALUES (1, ?, ?, ?)",
      place.epoch,
      place.revision,
      place.since,
    );
    return ignored;
  }

  /** Whatever others had told is not known to hold any more; and whether they know what this one told is not known. */
  #beginAnew(): void {
    this.#database.exec(`
      DELETE FROM connections WHERE run NOT IN (SELECT id FROM runs WHERE node IS NULL);
      DELETE FROM runs WHERE node IS NOT NULL;
      DELETE FROM refusals WHERE node IS NOT NULL;
      DELETE FROM sessions WHERE hash NOT IN (SELECT key FROM untold);`);
    this.#waiting.endAll();
    this.#teller.markAll();
  }

  /** Why it was not taken; undefined when it was. */
  #takeOne(row: ReadRow, by: TakenBy): string | undefined {
    try {
      return row.node === by.node ? this.#takeOwn(row) : this.#takeOthers(row, by);
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Somebody took what this machine has for over. */
  #takeOwn({ kind, key, value }: ReadRow): string | undefined {
    if (kind === "run" && value === null) this.#teller.markRun(key);
    return undefined;
  }

  #takeOthers(row: ReadRow, by: TakenBy): string | undefined {
    const { kind, key, value, at, node } = row;
    switch (kind) {
      case "seen":
        return this.#moment(
          "INSERT INTO seen SELECT number, pin, ? FROM keys WHERE pin = ?",
          "last_seen",
          row,
          by,
        );
      case "looked":
        return this.#moment("INSERT INTO looked SELECT pin, ? FROM keys WHERE pin = ?", "at", row, by);
      case "used":
        return this.#moment(
          "INSERT INTO api_token_uses SELECT id, ? FROM api_tokens WHERE id = ?",
          "last_used",
          row,
          by,
        );
      case "setting":
        if (node !== null || value === null) return "this is no setting";
        if (isOwnSetting(key)) return "this is each machine's own setting";
        return this.#run("INSERT OR REPLACE INTO settings VALUES (?,?)", key, value);
      case "session":
        if (node !== null) return "this is nobody's session";
        if (value === null) return this.#run("DELETE FROM sessions WHERE hash = ?", key);
        putSession(this.#database, parseSession(key, value));
        return undefined;
      default:
        return node === null ? "it is not said whose it is" : this.#takeOf(node, row, at, by);
    }
  }

  #takeOf(node: string, row: ReadRow, at: number, by: TakenBy): string | undefined {
    const { kind, key, value } = row;
    switch (kind) {
      case "refusal":
        return this.#refusal(node, key, value, by);
      case "run":
        return this.#runRow(node, row, by);
      case "connection":
        return this.#connection(node, key, value);
      case "waiting":
        return value === null
          ? this.#waiting.end(key, node)
          : this.#waiting.take(key, value, at, node, by.now);
      default:
        // A newer version's.
        return undefined;
    }
  }

  #moment(sql: string, column: string, { key, value, at }: ReadRow, { now }: TakenBy): string | undefined {
    if (value === null) return undefined;
    if (!Number.isSafeInteger(at) || at < 0) return "it is at no moment";
    return this.#run(
      `${sql} ON CONFLICT DO UPDATE SET ${column} = max(${column}, excluded.${column})`,
      Math.min(at, now),
      key,
    );
  }

  #refusal(node: string, key: string, value: string | null, { now }: TakenBy): string | undefined {
    const place = `${node} ${key}`;
    if (value === null) return this.#run("DELETE FROM refusals WHERE place = ? AND node = ?", place, node);
    const refusal = parseRefusal(value, now);
    const { pin, reason, detail, problem, fingerprint, peer, nameKey, address, listener, connection } =
      refusal;
    const { firstAt, lastAt, count, machine } = refusal;
    return this.#run(
      `INSERT INTO refusals (place, pin, reason, detail, problem, fingerprint, peer, name_key, address, listener,
         connection, first_at, last_at, count, node, machine) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)
       ON CONFLICT (place) DO UPDATE SET peer = excluded.peer, name_key = excluded.name_key, problem = excluded.problem,
         connection = excluded.connection, first_at = excluded.first_at, last_at = excluded.last_at,
         count = excluded.count, machine = excluded.machine`,
      place,
      pin,
      reason,
      detail,
      problem,
      fingerprint,
      peer,
      nameKey,
      address,
      listener,
      connection,
      firstAt,
      lastAt,
      count,
      node,
      machine,
    );
  }

  #runRow(node: string, { key, value, ageMs }: ReadRow, { now }: TakenBy): string | undefined {
    if (this.#isOfAnother(key, node)) return "this is another machine's run";
    if (value === null) {
      this.#run("DELETE FROM runs WHERE id = ?", key);
      return this.#run("DELETE FROM connections WHERE run = ?", key);
    }
    const { process, machine } = parseRun(value);
    const beat = now - Math.max(0, ageMs);
    return this.#run(
      "INSERT OR REPLACE INTO runs (id, process, beat, node, machine) VALUES (?,?,?,?,?)",
      key,
      process,
      beat,
      node,
      machine,
    );
  }

  #connection(node: string, key: string, value: string | null): string | undefined {
    const space = key.indexOf(" ");
    const [run, id] = [key.slice(0, space), key.slice(space + 1)];
    if (space <= 0 || id === "") return "this is no connection";
    if (this.#isOfAnother(run, node)) return "this is a connection of another machine";
    if (value === null) return this.#run("DELETE FROM connections WHERE run = ? AND id = ?", run, id);
    const { pin, peer, address, since, listener } = parseConnection(value);
    return this.#run(
      "INSERT OR REPLACE INTO connections (run, id, pin, peer, address, since, listener) VALUES (?,?,?,?,?,?,?)",
      run,
      id,
      pin,
      peer,
      address,
      since,
      listener,
    );
  }

  /** Whether a run is there and is this machine's, or a third one's. */
  #isOfAnother(run: string, node: string): boolean {
    const there = this.#statements.one("SELECT node FROM runs WHERE id = ?", run);
    return there !== undefined && there["node"] !== node;
  }

  #run(sql: string, ...values: readonly (string | number | null)[]): undefined {
    this.#statements.run(sql, ...values);
  }
}
