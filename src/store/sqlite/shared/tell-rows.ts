import type { DatabaseSync } from "node:sqlite";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { SharedKind, SharedRow } from "../../../trust/port/shared-rows.ts";
import { CERTIFICATE_OF_KEY, type RefusalRow } from "../lists/rows.ts";
import { SqliteTables } from "../tables/sqlite-tables.ts";
import { KeptStatements } from "./kept-statements.ts";
import { KINDS } from "./shared-kinds.ts";

const LAST_SEEN =
  "SELECT last_seen AS at FROM keys CROSS JOIN seen ON seen.key = keys.number WHERE keys.pin = ?";

/** A row that others are to be told of. */
export interface UntoldRow extends SharedRow {
  /** Which mark it has: another one means that it was written since. */
  readonly number: number;
  readonly mark: number;
}

/** What a machine has to tell, as it is now. */
export class RowTeller {
  readonly #database: DatabaseSync;
  readonly #statements: KeptStatements;
  readonly #tables: SqliteTables;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#statements = new KeptStatements(database);
    this.#tables = new SqliteTables(database);
  }

  /** What was marked first, of the most urgent kinds; `machine` is what this one is called. */
  untold(most: number, machine: string): readonly UntoldRow[] {
    const marked = this.#database
      .prepare("SELECT number, rank, key, mark, is_new FROM untold ORDER BY rank, number LIMIT ?")
      .all(most) as unknown as readonly Marked[];
    // From now on, others may have been told.
    for (const { number, is_new: isNew } of marked)
      if (isNew !== 0) this.#statements.run("UPDATE untold SET is_new = 0 WHERE number = ?", number);
    return marked.flatMap(({ number, rank, key, mark }) => {
      const kind = KINDS[rank];
      if (kind === undefined) return [];
      const { value, at } = this.#tell(kind, key, machine) ?? GONE;
      return [{ number, mark, kind, key, value, at }];
    });
  }

  /** Others have it. What was written since is told again. */
  told(rows: readonly UntoldRow[]): void {
    const told = this.#database.prepare("DELETE FROM untold WHERE number = ? AND mark = ?");
    const waits = this.#database.prepare(
      "DELETE FROM waiting_at WHERE pin = ? AND node = '' AND pin NOT IN (SELECT pin FROM keys WHERE state = 'pending')",
    );
    for (const { number, mark, kind, key, value } of rows) {
      told.run(number, mark);
      if (kind === "waiting" && value === null) waits.run(key);
    }
  }

  /** All that is this machine's own is told again. */
  markAll(): void {
    const mark = (kind: SharedKind, from: string): void => {
      this.#database.exec(
        `INSERT INTO untold (rank, key) SELECT ${KINDS.indexOf(kind)}, ${from} ON CONFLICT (rank, key) DO UPDATE SET mark = mark + 1`,
      );
    };
    mark("run", "id FROM runs WHERE node IS NULL");
    mark(
      "connection",
      "run || ' ' || connections.id FROM connections JOIN runs ON runs.id = run WHERE node IS NULL",
    );
    mark("refusal", "place FROM refusals WHERE node IS NULL");
    mark("waiting", "pin FROM waiting_at WHERE node = ''");
  }

  /** A run that others took for over, and all of it. */
  markRun(run: string): void {
    const mark = this.#database.prepare(
      `INSERT INTO untold (rank, key) SELECT ?, ? WHERE true ON CONFLICT (rank, key) DO UPDATE SET mark = mark + 1`,
    );
    if (this.#one("SELECT 1 FROM runs WHERE id = ? AND node IS NULL", run) === undefined) return;
    mark.run(KINDS.indexOf("run"), run);
    for (const { id } of this.#database.prepare("SELECT id FROM connections WHERE run = ?").all(run))
      mark.run(KINDS.indexOf("connection"), `${run} ${String(id)}`);
  }

  #tell(kind: SharedKind, key: string, machine: string): Told | undefined {
    switch (kind) {
      case "seen":
        return moment(this.#one(`${LAST_SEEN} AND last_seen > 0`, key));
      case "looked":
        return moment(this.#one("SELECT at FROM looked WHERE pin = ?", key));
      case "used":
        return moment(this.#one("SELECT last_used AS at FROM api_token_uses WHERE id = ?", key));
      case "refusal":
        return this.#refusal(key, machine);
      case "run":
        return said(this.#one("SELECT process FROM runs WHERE id = ? AND node IS NULL", key), { machine });
      case "connection":
        return this.#connection(key);
      case "session": {
        const sql = "SELECT of, via, user, created_at AS createdAt, expires FROM sessions WHERE hash = ?";
        const session = this.#one(sql, key);
        return session && { value: JSON.stringify(session), at: Number(session["expires"]) };
      }
      case "setting": {
        const setting = this.#one("SELECT value FROM settings WHERE name = ?", key);
        return setting && { value: String(setting["value"]), at: 0 };
      }
      case "waiting":
        return this.#waiting(key);
    }
  }

  #refusal(place: string, machine: string): Told | undefined {
    const row = this.#one("SELECT * FROM refusals WHERE place = ? AND node IS NULL", place) as
      | RefusalRow
      | undefined;
    if (row === undefined) return undefined;
    const { pin, reason, detail, problem, fingerprint, peer, address, listener, connection } = row;
    const { first_at: firstAt, last_at: lastAt, count } = row;
    const refusal = { pin, reason, detail, problem, fingerprint, peer, address, listener, connection };
    return said({ ...refusal, firstAt, lastAt, count }, { machine });
  }

  #connection(key: string): Told | undefined {
    const space = key.indexOf(" ");
    const sql = `SELECT pin, peer, address, since, listener FROM connections
      WHERE run = ? AND id = ? AND EXISTS (SELECT 1 FROM runs WHERE id = run AND node IS NULL)`;
    return said(this.#one(sql, key.slice(0, space), key.slice(space + 1)));
  }

  #waiting(pin: string): Told | undefined {
    const key = this.#tables.key(pin as `sha256:${string}`);
    if (key === undefined || !isWaiting(key) || key.firstSeen === null || key.expires === null)
      return undefined;
    if (this.#one("SELECT 1 FROM waiting_at WHERE pin = ? AND node = ''", pin) === undefined)
      return undefined;
    const found = this.#one(CERTIFICATE_OF_KEY, pin, key.fingerprint);
    if (found === undefined) return undefined;
    const seen = this.#one(LAST_SEEN, pin)?.["at"] ?? key.firstSeen;
    const { newName, firstSeen, firstAddress, expires } = key;
    const certificate = Buffer.from(found["der"] as Uint8Array).toString("base64");
    const value = JSON.stringify({ certificate, newName, firstSeen, firstAddress, lastSeen: seen });
    return { value, at: expires };
  }

  #one(sql: string, ...values: readonly string[]): Record<string, unknown> | undefined {
    return this.#statements.one(sql, ...values);
  }
}

interface Marked {
  readonly number: number;
  readonly rank: number;
  readonly key: string;
  readonly mark: number;
  readonly is_new: number;
}

interface Told {
  readonly value: string;
  readonly at: number;
}

const GONE = { value: null, at: 0 };

function moment(row: Record<string, unknown> | undefined): Told | undefined {
  return row && { value: "", at: Number(row["at"]) };
}

function said(row: object | undefined, more: object = {}): Told | undefined {
  return row && { value: JSON.stringify({ ...row, ...more }), at: 0 };
}
