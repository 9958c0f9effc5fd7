import { isDeepStrictEqual } from "node:util";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import type { Written } from "../../../src/store/sqlite/writing/write-result.ts";
import type { PreparedChange } from "../../../src/trust/changes/prepared-change.ts";

/** How a file differs from others that hold the same. */
export interface ReplicaOptions {
  readonly pageSize: number;
  /** Whether rows were made and removed in it before. */
  readonly isUsed: boolean;
}

/** What servers see, and tell each other, and only that: it is no part of what changes lead to. */
const SIGHTINGS: ReadonlySet<string> = new Set([
  "seen",
  "refusals",
  "runs",
  "connections",
  "untold",
  "waiting_at",
  "serving",
  "shared_place",
]);

/** An SQLite file on which changes are carried out as stores do. */
export class Replica {
  readonly #path: string;
  #database: DatabaseSync;
  #writer: SqliteWriter;

  constructor(path: string, { pageSize, isUsed }: ReplicaOptions) {
    this.#path = path;
    this.#database = openDatabase(path);
    this.#database.exec(
      `PRAGMA page_size = ${pageSize}; PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL`,
    );
    createSchema(this.#database);
    if (isUsed) fillAndEmpty(this.#database);
    this.#writer = new SqliteWriter(this.#database);
  }

  /** Carries changes out in one transaction; what became of each. */
  write(changes: readonly PreparedChange[]): readonly Written[] {
    // As they cross to the thread that writes.
    return this.#writer.write(changes.map((change) => ({ kind: "change", change: structuredClone(change) })));
  }

  /** Moves all rows to other places in the file. */
  vacuum(): void {
    this.#database.exec("VACUUM");
  }

  restart(): void {
    this.#database.close();
    this.#database = openDatabase(this.#path);
    this.#database.exec("PRAGMA synchronous = OFF");
    this.#writer = new SqliteWriter(this.#database);
  }

  rows(): TrustContent {
    return contentOf(this.#database);
  }

  close(): void {
    this.#database.close();
  }
}

/** Keys have numbers by which what belongs to them is found: which they are means nothing. */
const CERTIFICATES = `SELECT pin, row_number() OVER (PARTITION BY key ORDER BY c.number) AS place, c.fingerprint, der, added_at
  FROM certificates AS c LEFT JOIN keys ON keys.number = c.key`;

/** Every row of every table, but for sightings; by the table's name. */
export type TrustContent = Readonly<Record<string, readonly string[]>>;

export function trustTables(database: DatabaseSync, schema = "main"): readonly string[] {
  return database
    .prepare(`SELECT name FROM ${schema}.sqlite_schema WHERE type = 'table' ORDER BY name`)
    .all()
    .map(({ name }) => String(name))
    .filter((name) => !SIGHTINGS.has(name) && !name.startsWith("sqlite_"));
}

export function contentOf(database: DatabaseSync): TrustContent {
  return Object.fromEntries(
    trustTables(database).map((table) => [
      table,
      database
        .prepare(table === "certificates" ? CERTIFICATES : `SELECT * FROM ${table}`)
        .all()
        .map((row) => JSON.stringify(table === "keys" ? { ...row, number: undefined } : row, toShown))
        .toSorted(),
    ]),
  );
}

function toShown(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value;
}

/** Leaves free pages and rows' former places behind, and nothing else. */
function fillAndEmpty(database: DatabaseSync): void {
  const before = contentOf(database);
  database.exec(`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
      INSERT INTO certificates (key, fingerprint, der, added_at) SELECT i % 9, 'f' || i, zeroblob(300), i FROM n;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
      INSERT INTO events (sequence, json, hash) SELECT i, '{}', 'x' FROM n;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
      INSERT INTO keys (pin, state, source, fingerprint, first_seen, stale_seen) SELECT 'p' || i, 'pending', 'x', 'f', 99 - i, 0 FROM n;
    INSERT INTO group_members VALUES ('a', 'b', 'c', 1);
    DELETE FROM certificates; DELETE FROM events; DELETE FROM keys; DELETE FROM group_members;`);
  if (!isDeepStrictEqual(contentOf(database), before)) throw new Error("something was left behind");
}
