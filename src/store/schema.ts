import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../errors.ts";

/** "hclp": tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x68636c70;

/** Each brings the schema from its index to the next number. Never changed once released, only added to. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE keys (
     pin TEXT PRIMARY KEY,
     state TEXT NOT NULL CHECK (state IN ('pending','trusted','revoked','ignored','retired')),
     peer TEXT,
     name_key TEXT,
     claimed_name TEXT,
     new_name TEXT,
     source TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     first_seen INTEGER,
     last_seen INTEGER,
     expires INTEGER,
     conflicts_with TEXT,
     stale_seen INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX keys_by_name ON keys (name_key) WHERE name_key IS NOT NULL;
   CREATE INDEX keys_by_conflict ON keys (conflicts_with) WHERE conflicts_with IS NOT NULL;
   CREATE INDEX pending_keys ON keys (first_seen) WHERE state = 'pending';
   CREATE TABLE certificates (
     pin TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     der BLOB NOT NULL,
     added_at INTEGER NOT NULL,
     PRIMARY KEY (pin, fingerprint)
   ) STRICT;
   CREATE INDEX certificates_by_fingerprint ON certificates (fingerprint);
   CREATE TABLE tombstones (pin TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE events (sequence INTEGER PRIMARY KEY, json TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
   CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE refusals (
     id INTEGER PRIMARY KEY,
     place TEXT NOT NULL UNIQUE,
     pin TEXT,
     reason TEXT NOT NULL,
     peer TEXT,
     address TEXT,
     connection TEXT NOT NULL,
     first_at INTEGER NOT NULL,
     last_at INTEGER NOT NULL,
     count INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX refusals_by_time ON refusals (last_at);
   CREATE TABLE connections (
     process TEXT NOT NULL,
     id TEXT NOT NULL,
     pin TEXT NOT NULL,
     peer TEXT NOT NULL,
     address TEXT,
     since INTEGER NOT NULL,
     PRIMARY KEY (process, id)
   ) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE keys ADD COLUMN endorses_from INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE refusals ADD COLUMN detail TEXT;
   CREATE TABLE tokens (
     id TEXT PRIMARY KEY,
     public_key BLOB NOT NULL,
     peer TEXT NOT NULL,
     server_pin TEXT NOT NULL,
     from_network TEXT,
     replaces INTEGER NOT NULL,
     created_at INTEGER NOT NULL,
     expires INTEGER NOT NULL,
     used_at INTEGER,
     used_by TEXT,
     cancelled_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE noted (problem TEXT NOT NULL, about TEXT NOT NULL, PRIMARY KEY (about, problem)) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE group_members (
     name_key TEXT NOT NULL,
     group_key TEXT NOT NULL,
     group_name TEXT NOT NULL,
     added_at INTEGER NOT NULL,
     PRIMARY KEY (name_key, group_key)
   ) STRICT, WITHOUT ROWID;`,
  `DROP TABLE connections;
   CREATE TABLE runs (id TEXT PRIMARY KEY, process TEXT NOT NULL, beat INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE connections (
     run TEXT NOT NULL,
     id TEXT NOT NULL,
     pin TEXT NOT NULL,
     peer TEXT NOT NULL,
     address TEXT,
     since INTEGER NOT NULL,
     PRIMARY KEY (run, id)
   ) STRICT, WITHOUT ROWID;
   DELETE FROM certificates WHERE pin IN (SELECT pin FROM keys WHERE state = 'pending')
     AND rowid NOT IN (SELECT max(rowid) FROM certificates GROUP BY pin);`,
  `ALTER TABLE refusals ADD COLUMN problem TEXT;
   ALTER TABLE refusals ADD COLUMN fingerprint TEXT;`,
];

/** The schema this version writes. */
export const SCHEMA: number = MIGRATIONS.length;

/** The schema number of a database that is ours; an error for any other. */
export function readSchema(database: DatabaseSync, newest: number = SCHEMA): number {
  const { application_id: id } = database.prepare("PRAGMA application_id").get() as {
    application_id: number;
  };
  const { user_version: schema } = database.prepare("PRAGMA user_version").get() as { user_version: number };
  if (id !== APPLICATION_ID || schema < 1) {
    throw new HandclaspError(
      "ERR_HANDCLASP_STORE_CORRUPT",
      "this is an SQLite database, but not a trust store",
      {
        hint: "give another path with --store",
      },
    );
  }
  if (schema > newest) {
    throw new HandclaspError(
      "ERR_HANDCLASP_STORE_NEWER",
      `this trust store has schema ${schema}; this version of handclasp knows ${newest}`,
      { hint: "use the newer handclasp that wrote it; nothing was changed" },
    );
  }
  return schema;
}

/** Brings a database to the newest schema in one transaction; several processes may try at once. */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  if (readSchema(database, migrations.length) === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const sql of migrations.slice(readSchema(database, migrations.length))) database.exec(sql);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Fills an empty database. */
export function createSchema(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  database.exec("BEGIN IMMEDIATE");
  for (const sql of migrations) database.exec(sql);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
  database.exec("COMMIT");
}
