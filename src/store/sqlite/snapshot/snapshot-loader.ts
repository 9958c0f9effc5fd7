import { hash } from "node:crypto";
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import { HandclaspError, isHandclaspError, reasonOf } from "../../../errors.ts";
import { isWaiting } from "../../../trust/judging/is-waiting.ts";
import type { Snapshot, SnapshotFacts } from "../../../trust/port/snapshot-shelf.ts";
import { CHAIN_START, parseEvent, verifyChain } from "../../../trust/records/events.ts";
import type { KeyPin } from "../../../trust/records/key-record.ts";
import {
  apiTokenText,
  keyText,
  memberText,
  notedText,
  tokenText,
  tombstoneText,
} from "../digest/decided-row.ts";
import { RowSum } from "../digest/row-sum.ts";
import { TrustDigest } from "../digest/trust-digest.ts";
import { NEVER } from "../file/schema.ts";
import { isAboutOneStatement } from "../file/sqlite-errors.ts";
import { searchedText } from "../lists/key-search.ts";
import { type KeyRow, toKeyRecord, toTokenRecord, type TokenRow } from "../lists/rows.ts";
import { parseSnapshotPart } from "./snapshot-part.ts";
import { SNAPSHOT_TABLES, type SnapshotTable } from "./snapshot-tables.ts";

/** Below this, indexes are kept as rows come in. */
const SMALL_BYTES = 4 * 1024 * 1024;
/** What is kept of the file in memory meanwhile, in KiB: rows come in their order, and no page is written twice. */
const CACHE_KIB = 4096;
/** Those of these are made once all rows are there. */
const INDEXED = "('keys', 'certificates', 'events', 'tokens', 'group_members', 'outcomes')";

/** Keys that this machine has by itself: no log says anything of them. */
const WAITING = "state = 'pending' AND expires IS NOT NULL AND note IS NULL";
/** Of these a machine has rows of its own, for keys that wait; they count in no digest. */
const OWN_ROWS: ReadonlySet<string> = new Set(["certificates", "seen"]);

/** What an empty store begins with. */
const NO_VERSION = 2;

/** How far a snapshot is that is being taken in. */
interface Load {
  readonly id: string;
  /** The next part. */
  readonly part: number;
  readonly sum: Uint8Array;
  readonly sequence: number;
  readonly head: string;
  readonly reached: number;
}

type Row = Readonly<Record<string, SQLInputValue>>;

/**
 * Fills a replica that has nothing of the log from a snapshot, inside of the caller's transactions: a part each. What it
 * says counts when the last one is there, and all of it comes to the digest and the head that were said; who reads
 * until then has a replica that was never up to date.
 */
export class SnapshotLoader {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #cacheSize: number;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#cacheSize = Number(database.prepare("PRAGMA cache_size").get()?.["cache_size"]);
  }

  /** Takes in a part, unless another process did, or something else is here by now. Throws ERR_HANDCLASP_AUDIT for what cannot be. */
  take(snapshot: Pick<Snapshot, "id" | "bytes">, part: number, bytes: Uint8Array): void {
    if (this.#isPlaced()) return;
    try {
      this.#take(snapshot, part, bytes);
    } catch (error) {
      // What makes a statement fail, or us, is in what was read: whoever wrote it keeps nobody from going on without it.
      if (isHandclaspError(error, "ERR_HANDCLASP_AUDIT") || !isAboutOneStatement(error)) throw error;
      throw untrue(reasonOf(error), error);
    }
  }

  #take({ id, bytes: size }: Pick<Snapshot, "id" | "bytes">, part: number, bytes: Uint8Array): void {
    if (part === 0 && this.#load()?.id !== id) this.#begin(id, size);
    const load = this.#load();
    if (load?.id !== id || load.part !== part) return;
    this.#keepPages(-CACHE_KIB);
    const { table: name, columns, rows } = parseSnapshotPart(bytes);
    const table = SNAPSHOT_TABLES.find((one) => one.name === name);
    if (table === undefined || columns.some((column) => !table.columns.includes(column))) {
      throw untrue(`it has rows of another kind: ${name}`);
    }
    const taken = this.#takeRows(
      load,
      table,
      rows.map((row) => toRow(table, columns, row)),
    );
    this.#database
      .prepare("UPDATE snapshot_load SET part = ?, sum = ?, sequence = ?, head = ?, reached = ?")
      .run(part + 1, taken.sum, taken.sequence, taken.head, taken.reached);
  }

  /** Has it count, if all is there and as it was said to be. Throws ERR_HANDCLASP_AUDIT. */
  finish({ id, parts, place, head, digest }: Snapshot): void {
    if (this.#isPlaced()) return;
    const load = this.#load();
    if (load === undefined) throw untrue("nothing is in it");
    if (load.id !== id || load.part !== parts) return;
    if (load.sequence !== head.sequence || load.head !== head.hash) {
      throw untrue(`its events end at ${load.sequence} ${load.head}`);
    }
    this.#database.prepare("UPDATE decided_sum SET sum = ?").run(load.sum);
    const came = new TrustDigest(this.#database).kept();
    if (came !== digest) throw untrue(`its rows come to ${came}`);
    if (this.#windows() > 1) throw untrue("it has more than one window");
    this.#makeIndexes();
    this.#database.exec(`
      DELETE FROM certificates WHERE pin NOT IN (SELECT pin FROM keys);
      DELETE FROM seen WHERE pin NOT IN (SELECT pin FROM keys);
      INSERT OR IGNORE INTO seen SELECT pin, 0 FROM keys;
      DELETE FROM snapshot_load;`);
    this.#database
      .prepare("INSERT OR REPLACE INTO log_place (rowid, position, hash) VALUES (1, ?, ?)")
      .run(place.position, place.hash);
    this.#keepPages(this.#cacheSize);
  }

  /** Leaves nothing of it. */
  drop({ id }: Pick<SnapshotFacts, "id">): void {
    if (this.#isPlaced() || this.#load()?.id !== id) return;
    this.#clear();
    this.#keepPages(this.#cacheSize);
  }

  /** As `PRAGMA cache_size`: KiB where it is below zero. */
  #keepPages(size: number): void {
    this.#database.exec(`PRAGMA cache_size = ${size}`);
  }

  #isPlaced(): boolean {
    return this.#database.prepare("SELECT 1 FROM log_place").get() !== undefined;
  }

  #windows(): number {
    return Number(
      this.#database.prepare("SELECT count(*) AS number FROM first_use_window").get()?.["number"],
    );
  }

  #load(): Load | undefined {
    return this.#database.prepare("SELECT * FROM snapshot_load").get() as unknown as Load | undefined;
  }

  #begin(id: string, bytes: number): void {
    this.#clear();
    const indexes = bytes < SMALL_BYTES ? [] : this.#dropIndexes();
    this.#database
      .prepare("INSERT INTO snapshot_load VALUES (?, 0, ?, ?, ?, 0, ?)")
      .run(id, new RowSum().toBytes(), CHAIN_START.sequence, CHAIN_START.hash, JSON.stringify(indexes));
  }

  /** As it was before, but for keys that wait: they are this machine's own. */
  #clear(): void {
    this.#makeIndexes();
    for (const { name } of SNAPSHOT_TABLES) {
      if (name !== "key_versions" && name !== "seen" && name !== "keys" && name !== "certificates")
        this.#database.exec(`DELETE FROM ${name}`);
    }
    this.#database.exec(`
      DELETE FROM keys WHERE NOT (${WAITING});
      DELETE FROM certificates WHERE pin NOT IN (SELECT pin FROM keys);
      DELETE FROM seen WHERE pin NOT IN (SELECT pin FROM keys);
      UPDATE key_versions SET decided = ${NO_VERSION};
      DELETE FROM snapshot_load;`);
    this.#database.prepare("UPDATE decided_sum SET sum = ?").run(new RowSum().toBytes());
  }

  #dropIndexes(): readonly string[] {
    const rows = this.#database
      .prepare(
        `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ${INDEXED}`,
      )
      .all() as { name: string; sql: string }[];
    for (const { name } of rows) this.#database.exec(`DROP INDEX ${name}`);
    return rows.map(({ sql }) => sql);
  }

  #makeIndexes(): void {
    const row = this.#database.prepare("SELECT indexes FROM snapshot_load").get();
    for (const sql of JSON.parse(String(row?.["indexes"] ?? "[]")) as string[]) this.#database.exec(sql);
    this.#database.exec("UPDATE snapshot_load SET indexes = '[]'");
  }

  #takeRows(load: Load, { name }: SnapshotTable, rows: readonly Row[]): Load {
    if (name === "events") return this.#takeEvents(load, rows);
    const sum = RowSum.fromBytes(load.sum);
    for (const row of rows) {
      const text = decidedText(name, row);
      if (text !== undefined) sum.add(text);
      if (name === "keys") this.#makeRoom(textOf(row, "pin"));
      this.#insert(name, withFindings(name, row));
    }
    return { ...load, sum: sum.toBytes() };
  }

  #takeEvents(load: Load, rows: readonly Row[]): Load {
    const events = rows.map((row) => ({
      sequence: Number(row["sequence"]),
      json: textOf(row, "json"),
      hash: textOf(row, "hash"),
    }));
    const { head, broken } = verifyChain(events, { sequence: load.sequence, hash: load.head });
    if (broken !== null) throw untrue(`event ${broken.sequence}: ${broken.problem}`);
    let { reached } = load;
    for (const event of events) {
      reached = Math.max(reached, Date.parse(parseEvent(event.json)?.at ?? "") || 0);
      this.#insert("events", { ...event, reached });
    }
    return { ...load, sequence: head.sequence, head: head.hash, reached };
  }

  /** A key that waits at this machine alone gives way to what the log says of it. */
  #makeRoom(pin: string): void {
    this.#prepared(`DELETE FROM keys WHERE pin = ? AND ${WAITING}`).run(pin);
  }

  /**
   * A row that is there already is refused, where rows count in the digest: each counts once there. Whoever might say some of
   * them often could have the sum come to whatever they like.
   */
  #insert(table: string, row: Row): void {
    if (table === "key_versions") {
      this.#database.prepare("UPDATE key_versions SET decided = ?").run(row["decided"] ?? 0);
      return;
    }
    const columns = Object.keys(row);
    const insert = OWN_ROWS.has(table) ? "INSERT OR REPLACE" : "INSERT";
    const places = columns.map(() => "?").join(", ");
    this.#prepared(`${insert} INTO ${table} (${columns.join(", ")}) VALUES (${places})`).run(
      ...Object.values(row),
    );
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function toRow({ bytes = [] }: SnapshotTable, columns: readonly string[], values: readonly unknown[]): Row {
  const row: Record<string, SQLInputValue> = {};
  for (const [at, column] of columns.entries()) {
    const value = values[at];
    if (value === null || typeof value === "number") row[column] = value;
    else if (typeof value !== "string") throw untrue(`${column} is no value`);
    else row[column] = bytes.includes(column) ? Buffer.from(value, "base64") : value;
  }
  return row;
}

/** As it counts in the digest; undefined for what does not. */
function decidedText(table: string, row: Row): string | undefined {
  switch (table) {
    case "keys": {
      const key = toKeyRecord(row as unknown as KeyRow);
      if (isWaiting(key)) throw untrue("it has keys that wait");
      return keyText(key);
    }
    case "certificates":
      if (hash("sha256", row["der"] as Uint8Array) !== row["fingerprint"]) {
        throw untrue("a certificate has another fingerprint");
      }
      return undefined;
    case "tombstones":
      return tombstoneText(row["pin"] as KeyPin, Number(row["at"]));
    case "tokens":
      return tokenText(toTokenRecord(row as unknown as TokenRow));
    case "api_tokens":
      return apiTokenText({
        id: textOf(row, "id"),
        hash: textOf(row, "hash"),
        name: textOf(row, "name"),
        nameKey: textOf(row, "name_key"),
        scope: row["scope"] as "read",
        createdAt: Number(row["created_at"]),
        expires: Number(row["expires"]),
        cancelledAt: row["cancelled_at"] as number | null,
      });
    case "group_members":
      return memberText({
        group: textOf(row, "group_name"),
        groupKey: textOf(row, "group_key"),
        nameKey: textOf(row, "name_key"),
        addedAt: Number(row["added_at"]),
      });
    case "noted":
      return notedText(textOf(row, "about"), textOf(row, "problem"));
    default:
      return undefined;
  }
}

function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw untrue(`${column} is no text`);
  return value;
}

/** With that by which lists find it. */
function withFindings(table: string, row: Row): Row {
  if (table !== "keys") return row;
  const key = toKeyRecord(row as unknown as KeyRow);
  return { ...row, place: key.firstSeen ?? NEVER, searched: searchedText(key) };
}

function untrue(problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_AUDIT", `a snapshot is not what it says: ${problem}`, {
    cause,
    hint: "nothing of it is used; look who may write to the database of the cluster",
  });
}
