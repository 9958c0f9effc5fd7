import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { parseEvent } from "../../../trust/records/events.ts";
import { sumOfRows } from "../digest/trust-digest.ts";
import { CERTIFICATE_TABLES } from "./certificate-tables.ts";
import { KEY_TABLES } from "./key-tables.ts";
import { NUMBERED_KEYS } from "./numbered-keys.ts";
import { SHARED_TABLES } from "./shared-tables.ts";
import { nameKey } from "../../../trust/naming/peer-name.ts";

/** "hclp": tells our files from other SQLite databases. */
export const APPLICATION_ID = 0x68636c70;

/** Where in the order of lists those stand that were never met: after all others. */
export const NEVER: number = Number.MAX_SAFE_INTEGER;

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
  `CREATE TABLE seen (pin TEXT PRIMARY KEY, last_seen INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO seen SELECT pin, last_seen FROM keys WHERE last_seen IS NOT NULL;
   ALTER TABLE keys DROP COLUMN last_seen;
   ALTER TABLE keys ADD COLUMN claimed_key TEXT;
   ALTER TABLE keys ADD COLUMN new_key TEXT;
   ALTER TABLE keys ADD COLUMN first_address TEXT;
   ALTER TABLE keys ADD COLUMN note TEXT;
   ALTER TABLE keys ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
   CREATE TABLE key_versions (newest INTEGER NOT NULL) STRICT;
   INSERT INTO key_versions SELECT max(1, count(*)) FROM keys;
   UPDATE keys SET version = number FROM
     (SELECT pin AS one, row_number() OVER (ORDER BY first_seen, pin) AS number FROM keys) WHERE pin = one;
   UPDATE keys SET claimed_key = name_key(claimed_name), new_key = name_key(new_name);
   DROP INDEX pending_keys;
   CREATE INDEX pending_keys ON keys (first_seen, pin, state, expires, note)
     WHERE state = 'pending' AND expires IS NOT NULL AND note IS NULL;
   CREATE INDEX keys_waiting ON keys (coalesce(new_key, claimed_key), first_seen, pin)
     WHERE state = 'pending' AND name_key IS NULL;
   CREATE INDEX keys_claiming ON keys (claimed_key, first_seen, pin) WHERE name_key IS NULL;
   ALTER TABLE keys ADD COLUMN place INTEGER NOT NULL DEFAULT ${NEVER};
   ALTER TABLE keys ADD COLUMN searched TEXT NOT NULL DEFAULT '';
   UPDATE keys SET place = ifnull(first_seen, ${NEVER}),
     searched = concat_ws(char(10), name_key, nullif(claimed_key, name_key), new_key);
   CREATE INDEX keys_in_order ON keys (place, pin, state, searched);
   UPDATE keys SET conflicts_with = coalesce(
     (SELECT pin FROM keys AS holder WHERE holder.name_key = coalesce(keys.new_key, keys.claimed_key)
        ORDER BY state != 'trusted', place, pin LIMIT 1), conflicts_with) WHERE state = 'pending';
   ALTER TABLE certificates RENAME TO former_certificates;
   CREATE TABLE certificates (
     number INTEGER PRIMARY KEY,
     pin TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     der BLOB NOT NULL,
     added_at INTEGER NOT NULL,
     UNIQUE (pin, fingerprint)
   ) STRICT;
   INSERT INTO certificates (pin, fingerprint, der, added_at)
     SELECT pin, fingerprint, der, added_at FROM former_certificates ORDER BY rowid;
   DROP TABLE former_certificates;
   CREATE INDEX certificates_by_fingerprint ON certificates (fingerprint);
   ALTER TABLE tokens ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
   UPDATE tokens SET name_key = name_key(peer);
   CREATE INDEX tokens_in_order ON tokens (created_at DESC, id, name_key);
   CREATE INDEX members_in_order ON group_members (group_key, name_key);
   ALTER TABLE events ADD COLUMN reached INTEGER NOT NULL DEFAULT 0;
   UPDATE events SET reached = moment(json);
   UPDATE events SET reached = latest FROM
     (SELECT sequence AS place, max(reached) OVER (ORDER BY sequence) AS latest FROM events) WHERE sequence = place;
   ALTER TABLE events ADD COLUMN type TEXT AS (CASE WHEN json_valid(json) THEN json ->> '$.type' END);
   ALTER TABLE events ADD COLUMN about TEXT
     AS (CASE WHEN json_valid(json) THEN coalesce(json ->> '$.pin', json ->> '$.peer') END);
   CREATE INDEX events_by_type ON events (type) WHERE type <> 'met';
   CREATE INDEX events_by_subject ON events (about);
   ALTER TABLE refusals ADD COLUMN listener TEXT;
   ALTER TABLE refusals ADD COLUMN name_key TEXT;
   UPDATE refusals SET name_key = name_key(peer);
   ALTER TABLE connections ADD COLUMN listener TEXT;
   DROP INDEX refusals_by_time;
   CREATE INDEX refusals_in_order ON refusals (last_at DESC, id DESC);
   CREATE INDEX refusals_by_reason ON refusals (reason, last_at DESC, id DESC);
   CREATE INDEX connections_in_order ON connections (since, id, run, pin, address);`,
  `CREATE TABLE looked (pin TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE api_tokens (
     id TEXT PRIMARY KEY,
     hash TEXT NOT NULL UNIQUE,
     name TEXT NOT NULL,
     name_key TEXT NOT NULL,
     scope TEXT NOT NULL CHECK (scope IN ('read','approve','manage','admin')),
     created_at INTEGER NOT NULL,
     expires INTEGER NOT NULL,
     cancelled_at INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX api_tokens_in_order ON api_tokens (created_at DESC, id);
   CREATE TABLE api_token_uses (id TEXT PRIMARY KEY, last_used INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE sessions (
     hash TEXT PRIMARY KEY,
     of TEXT NOT NULL,
     via TEXT NOT NULL CHECK (via IN ('link','bearer')),
     user TEXT,
     created_at INTEGER NOT NULL,
     expires INTEGER NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE first_use_window (
     event INTEGER PRIMARY KEY,
     until INTEGER NOT NULL,
     most INTEGER,
     network TEXT,
     taken INTEGER NOT NULL
   ) STRICT;
   INSERT INTO first_use_window
     SELECT ifnull((SELECT max(sequence) FROM events WHERE type = 'first-use-opened'), 0),
       CAST(value AS INTEGER), NULL, NULL, 0
     FROM settings WHERE name = 'first-use-open-until' AND NOT EXISTS (
       SELECT 1 FROM (SELECT type, reached FROM events WHERE type IN ('first-use-opened', 'first-use-closed')
         ORDER BY sequence DESC LIMIT 1)
       WHERE type = 'first-use-closed' AND reached >= CAST(value AS INTEGER));
   DELETE FROM settings WHERE name = 'first-use-open-until';
   ALTER TABLE events ADD COLUMN came_by INTEGER
     AS (CASE WHEN json_valid(json) THEN CAST(json ->> '$.details.window' AS INTEGER) END);
   CREATE INDEX events_by_window ON events (came_by) WHERE came_by IS NOT NULL;`,
  `DROP INDEX keys_in_order;
   CREATE INDEX keys_in_order ON keys (place, pin, state, source, name_key, searched);
   CREATE INDEX keys_not_trusted ON keys (state, place, pin, source, name_key, searched) WHERE state <> 'trusted';
   DROP INDEX keys_by_name;
   CREATE INDEX keys_by_name ON keys (name_key, place, pin, state, source) WHERE name_key IS NOT NULL;
   INSERT OR IGNORE INTO seen SELECT pin, 0 FROM keys;
   CREATE INDEX connections_by_pin ON connections (pin, run);`,
  `CREATE INDEX refusals_by_pin ON refusals (pin) WHERE pin IS NOT NULL;`,
  `ALTER TABLE tokens ADD COLUMN into_groups TEXT NOT NULL DEFAULT '[]';`,
  `CREATE TABLE versions_given (decided INTEGER NOT NULL, waiting INTEGER NOT NULL) STRICT;
   INSERT INTO versions_given SELECT newest + newest % 2, newest + newest % 2 + 1 FROM key_versions;
   DROP TABLE key_versions;
   ALTER TABLE versions_given RENAME TO key_versions;
   CREATE TABLE log_place (position INTEGER NOT NULL, hash TEXT NOT NULL) STRICT;
   CREATE TABLE replica (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), node TEXT NOT NULL, up_to_date_at INTEGER, file TEXT) STRICT;
   CREATE TABLE outcomes (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, json TEXT NOT NULL) STRICT;
   CREATE TABLE later (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, change TEXT NOT NULL) STRICT;
   CREATE TABLE bars (pin TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (pin, id)) STRICT, WITHOUT ROWID;
   CREATE TABLE branches (number INTEGER PRIMARY KEY, position INTEGER NOT NULL, hash TEXT NOT NULL, parted INTEGER NOT NULL,
     found_at INTEGER NOT NULL, left_at INTEGER, common INTEGER) STRICT;
   CREATE TABLE lost_events (branch INTEGER NOT NULL, sequence INTEGER NOT NULL, json TEXT NOT NULL,
     is_gone INTEGER NOT NULL, PRIMARY KEY (branch, sequence)) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE decided_sum (sum BLOB NOT NULL) STRICT;
   INSERT INTO decided_sum VALUES (sum_of_rows());
   CREATE TABLE snapshot_load (
     id TEXT NOT NULL,
     part INTEGER NOT NULL,
     sum BLOB NOT NULL,
     sequence INTEGER NOT NULL,
     head TEXT NOT NULL,
     reached INTEGER NOT NULL,
     indexes TEXT NOT NULL
   ) STRICT;`,
  SHARED_TABLES,
  CERTIFICATE_TABLES,
  KEY_TABLES,
  NUMBERED_KEYS,
];

/** What migrations need that SQL does not have. */
function addFunctions(database: DatabaseSync): void {
  database.function("name_key", { deterministic: true }, (name) =>
    typeof name === "string" ? nameKey(name) : null,
  );
  database.function("sum_of_rows", () => sumOfRows(database));
  database.function("moment", (json) => Date.parse(parseEvent(String(json))?.at ?? "") || 0);
}

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
        hint: "give the path of a trust store",
        remedies: [{ act: "open-another-store", at: "server" }],
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

/** How long one process waits for another that migrates: a million events take some 20 seconds. */
const OTHERS_MIGRATE_MS = 600_000;

/** Brings a database to the newest schema in one transaction; several processes may try at once. */
export function migrate(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  if (readSchema(database, migrations.length) === migrations.length) return;
  addFunctions(database);
  const { timeout } = database.prepare("PRAGMA busy_timeout").get() as { timeout: number };
  database.exec(`PRAGMA busy_timeout = ${OTHERS_MIGRATE_MS}`);
  try {
    database.exec("BEGIN IMMEDIATE");
    for (const sql of migrations.slice(readSchema(database, migrations.length))) database.exec(sql);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  } finally {
    database.exec(`PRAGMA busy_timeout = ${timeout}`);
  }
}

/** Fills an empty database. */
export function createSchema(database: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  addFunctions(database);
  database.exec("BEGIN IMMEDIATE");
  for (const sql of migrations) database.exec(sql);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`);
  database.exec("COMMIT");
}
