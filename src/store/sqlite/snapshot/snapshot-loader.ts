import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isHandclaspError, reasonOf } from "../../../errors.ts";
import type { Snapshot, SnapshotFacts } from "../../../trust/port/snapshot-shelf.ts";
import { CHAIN_START, parseEvent } from "../../../trust/records/events.ts";
import { hashAfter } from "../../../trust/records/hash-after.ts";
import { RowSum } from "../digest/row-sum.ts";
import { TrustDigest } from "../digest/trust-digest.ts";
import { isAboutOneStatement, isTakenAlready } from "../file/sqlite-errors.ts";
import { parseSnapshotPart } from "./snapshot-part.ts";
import { FOUND, meaningOf, toValues, untrue, type Values } from "./snapshot-row.ts";
import { SNAPSHOT_TABLES, type SnapshotTable } from "./snapshot-tables.ts";

/** Below this, indexes are kept as rows come in. */
const SMALL_BYTES = 4 * 1024 * 1024;
/** What is kept of the file in memory meanwhile, in KiB: rows come in their order, and no page is written twice. */
const CACHE_KIB = 4096;
/** Made once all rows are there: these have many, in another order than rows come in. */
const LATER: readonly string[] = [
  "keys_in_order",
  "keys_not_trusted",
  "keys_by_name",
  "keys_claiming",
  "certificates_by_fingerprint",
  "tokens_in_order",
  "members_in_order",
  "events_by_subject",
];

/** Keys that this machine has by itself: no log says anything of them. */
const WAITING = "state = 'pending' AND expires IS NOT NULL AND note IS NULL";
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
    using parsed = parseSnapshotPart(bytes);
    const { table: name, columns } = parsed;
    const table = SNAPSHOT_TABLES.find((one) => one.name === name);
    if (table === undefined || columns.join() !== table.columns.join()) {
      throw untrue(`it has rows of another kind: ${name}`);
    }
    const rows = parsed.rows();
    const taken = name === "events" ? this.#takeEvents(load, table, rows) : this.#takeRows(load, table, rows);
    this.#database
      .prepare("UPDATE snapshot_load SET part = ?, sum = ?, sequence = ?, head = ?, reached = ?")
      .run(part + 1, taken.sum, taken.sequence, taken.head, taken.reached);
  }

  /**
   * Has it count, if all is there and as it was said to be: a step of that each time, until the replica has its place.
   * Throws ERR_HANDCLASP_AUDIT.
   */
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
    if (this.#makeIndex()) return;
    this.#database.exec(`
      INSERT OR IGNORE INTO seen SELECT number, pin, 0 FROM keys ORDER BY number;
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
    for (const { name } of SNAPSHOT_TABLES) {
      if (name !== "key_versions" && name !== "seen" && name !== "keys" && name !== "certificates")
        this.#database.exec(`DELETE FROM ${name}`);
    }
    this.#database.exec(`
      DELETE FROM keys WHERE NOT (${WAITING});
      DELETE FROM certificates WHERE key NOT IN (SELECT number FROM keys);
      DELETE FROM seen WHERE key NOT IN (SELECT number FROM keys);
      UPDATE key_versions SET decided = ${NO_VERSION};`);
    while (this.#makeIndex());
    this.#database.exec("DELETE FROM snapshot_load");
    this.#database.prepare("UPDATE decided_sum SET sum = ?").run(new RowSum().toBytes());
  }

  #dropIndexes(): readonly string[] {
    const index = this.#database.prepare("SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?");
    return LATER.map((name) => {
      const sql = String(index.get(name)?.["sql"]);
      this.#database.exec(`DROP INDEX ${name}`);
      return sql;
    });
  }

  /** One of those that are not there; false where there is none. Each is written on its own: the file is all that grows. */
  #makeIndex(): boolean {
    const row = this.#database.prepare("SELECT indexes FROM snapshot_load").get();
    const [sql, ...others] = JSON.parse(String(row?.["indexes"] ?? "[]")) as string[];
    if (sql === undefined) return false;
    this.#database.exec(sql);
    this.#database.prepare("UPDATE snapshot_load SET indexes = ?").run(JSON.stringify(others));
    return true;
  }

  #takeRows(load: Load, table: SnapshotTable, rows: Iterable<readonly unknown[]>): Load {
    const sum = RowSum.fromBytes(load.sum);
    const insert = this.#inserting(table);
    for (const row of rows) {
      const values = toValues(table, row);
      const { decided, found } = meaningOf(table, values);
      if (decided !== undefined) sum.add(decided);
      insert(found.length === 0 ? values : [...values, ...found]);
    }
    return { ...load, sum: sum.toBytes() };
  }

  #takeEvents(load: Load, table: SnapshotTable, rows: Iterable<readonly unknown[]>): Load {
    let { sequence: last, head, reached } = load;
    const insert = this.#inserting(table);
    for (const row of rows) {
      const [sequence, json] = toValues(table, row);
      if (sequence !== ++last || typeof json !== "string") throw untrue(`event ${last} is missing`);
      const event = parseEvent(json);
      if (event?.sequence !== sequence) throw untrue(`event ${sequence} is another one`);
      head = hashAfter(head, json);
      reached = Math.max(reached, Date.parse(event.at) || 0);
      insert([sequence, json, head, reached]);
    }
    return { ...load, sequence: last, head, reached };
  }

  /**
   * Puts rows into a table. One that is there already is refused, where rows count in the digest: each counts once there.
   * Whoever might say some of them often could have the sum come to whatever they like.
   */
  #inserting({ name, columns: told }: SnapshotTable): (values: Values) => void {
    if (name === "key_versions") {
      const update = this.#database.prepare("UPDATE key_versions SET decided = ?");
      return ([decided = 0]) => void update.run(decided);
    }
    const columns = [...told, ...(FOUND[name] ?? [])];
    const places = columns.map(() => "?").join(", ");
    if (name === "certificates") return this.#insertingCertificates();
    if (name === "seen") return this.#insertingMoments();
    const insert = this.#prepared(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${places})`);
    if (name !== "keys") return (values) => void insert.run(...values);
    const anew = this.#prepared(`INSERT INTO keys (number, ${columns.join(", ")}) VALUES (?, ${places})`);
    return (values) => {
      try {
        insert.run(...values);
      } catch (error) {
        const number = isTakenAlready(error) ? this.#makeRoom(values) : undefined;
        if (number === undefined) throw error;
        anew.run(number, ...values);
      }
    };
  }

  /** Of keys that it has. */
  #insertingCertificates(): (values: Values) => void {
    const insert = this.#prepared(`INSERT INTO certificates (key, fingerprint, der, added_at)
      SELECT number, ?, ?, ? FROM keys WHERE pin = ? AND NOT (${WAITING}) AND NOT EXISTS
        (SELECT 1 FROM certificates AS c WHERE c.key = keys.number AND c.fingerprint = ?)`);
    return ([pin = null, fingerprint = null, der = null, addedAt = null]) =>
      void insert.run(fingerprint, der, addedAt, pin, fingerprint);
  }

  /** Of when keys were seen a machine has rows of its own, for keys that wait; they count in no digest. */
  #insertingMoments(): (values: Values) => void {
    const insert = this.#prepared(
      `INSERT OR REPLACE INTO seen SELECT number, pin, ? FROM keys WHERE pin = ? AND NOT (${WAITING})`,
    );
    return ([pin = null, lastSeen = null]) => void insert.run(lastSeen, pin);
  }

  /**
   * A key that waits at this machine alone gives way to what the log says of it, its certificates too. Returns its number; undefined
   * if there was none.
   */
  #makeRoom([pin = null]: Values): number | undefined {
    const gone = this.#prepared(`DELETE FROM keys WHERE pin = ? AND ${WAITING} RETURNING number`).get(pin);
    if (gone === undefined) return undefined;
    const number = Number(gone["number"]);
    this.#prepared("DELETE FROM certificates WHERE key = ?").run(number);
    return number;
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
