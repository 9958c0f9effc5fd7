import type { DatabaseSync } from "node:sqlite";
import { holderOf } from "../../../trust/naming/holder-of.ts";
import { type KeyRow, toKeyRecord } from "../lists/rows.ts";
import { rankOf } from "../shared/shared-kinds.ts";
import type { SqliteTables } from "../tables/sqlite-tables.ts";

/** What a log of changes leads to, all of it, but for what needs more than being replaced: see `replaceRows`. */
const LOGGED = [
  "tombstones",
  "tokens",
  "noted",
  "group_members",
  "api_tokens",
  "first_use_window",
  "decided_sum",
  "log_place",
  "outcomes",
] as const;

/** As SQL has `isWaiting`. */
const WAITS = "state = 'pending' AND expires IS NOT NULL AND note IS NULL";

/**
 * Makes everything that the log leads to what it is in the attached database `anew`, inside of the caller's transaction.
 * What is this machine's own stays: sightings, settings, sessions, keys that wait. Rows that are the same are not written.
 */
export function replaceRows(database: DatabaseSync, tables: SqliteTables, commonEvent: number): void {
  replaceKeys(database);
  for (const table of LOGGED) replaceTable(database, table);
  database.exec(`
    UPDATE main.key_versions SET decided = (SELECT decided FROM anew.key_versions),
      waiting = max(waiting, (SELECT waiting FROM anew.key_versions));
    DELETE FROM main.looked WHERE pin NOT IN (SELECT pin FROM main.keys);
    INSERT OR IGNORE INTO main.seen
      SELECT number, pin, last_seen FROM anew.seen CROSS JOIN main.keys USING (pin) ORDER BY number;
    DELETE FROM main.events WHERE sequence > ${commonEvent};
    INSERT INTO main.events (sequence, json, hash, reached)
      SELECT sequence, json, hash, reached FROM anew.events WHERE sequence > ${commonEvent} ORDER BY sequence;`);
  settleConflicts(database, tables);
}

/**
 * Keys keep the numbers that they have here. Those that wait stay, unless there is one of the same pin: of those that is kept when
 * they were seen, and others are told that they wait no more.
 */
function replaceKeys(database: DatabaseSync): void {
  const columns = columnsOf(database, "keys").filter((name) => name !== "number");
  const all = columns.join();
  const put = columns.filter((name) => name !== "pin").map((name) => `${name} = excluded.${name}`);
  database.exec(`
    UPDATE main.seen SET key = -key WHERE pin IN (SELECT pin FROM main.keys WHERE ${WAITS} AND pin IN (SELECT pin FROM anew.keys));
    CREATE TEMP TABLE gone AS SELECT number FROM main.keys WHERE (${WAITS}) = (pin IN (SELECT pin FROM anew.keys));
    DELETE FROM main.certificates WHERE key IN (SELECT number FROM temp.gone);
    DELETE FROM main.keys WHERE number IN (SELECT number FROM temp.gone);
    DELETE FROM main.seen WHERE key > 0 AND key NOT IN (SELECT number FROM main.keys);
    INSERT INTO main.keys (${all}) SELECT ${all} FROM (SELECT ${all} FROM anew.keys EXCEPT SELECT ${all} FROM main.keys) WHERE true
      ON CONFLICT (pin) DO UPDATE SET ${put.join()};
    UPDATE main.seen SET key = (SELECT number FROM main.keys WHERE keys.pin = seen.pin) WHERE key < 0;
    INSERT INTO main.untold (rank, key) SELECT ${rankOf("waiting")}, pin FROM main.waiting_at
      WHERE node = '' AND pin IN (SELECT pin FROM main.keys WHERE NOT (${WAITS}))
      ON CONFLICT (rank, key) DO UPDATE SET mark = mark + 1;
    CREATE TEMP TABLE certified AS SELECT main.keys.number AS key, anew.keys.number AS anew FROM main.keys JOIN anew.keys USING (pin)
      WHERE pin IN (SELECT pin FROM
        (SELECT * FROM (${certificatesIn("main")} EXCEPT ${certificatesIn("anew")})
         UNION ALL SELECT * FROM (${certificatesIn("anew")} EXCEPT ${certificatesIn("main")})));
    DELETE FROM main.certificates WHERE key IN (SELECT key FROM temp.certified);
    INSERT INTO main.certificates (key, fingerprint, der, added_at)
      SELECT certified.key, fingerprint, der, added_at
        FROM temp.certified JOIN anew.certificates AS c ON c.key = certified.anew ORDER BY c.number;
    DROP TABLE temp.certified;
    DROP TABLE temp.gone;`);
}

/** In the order of each key. */
function certificatesIn(schema: "main" | "anew"): string {
  return `SELECT pin, c.fingerprint, added_at, row_number() OVER (PARTITION BY c.key ORDER BY c.number)
    FROM ${schema}.certificates AS c JOIN ${schema}.keys ON keys.number = c.key`;
}

/** Whoever waits for a name conflicts with whoever has it now. */
function settleConflicts(database: DatabaseSync, tables: SqliteTables): void {
  const waiting = database.prepare(`SELECT * FROM keys WHERE ${WAITS} ORDER BY first_seen, pin`).all();
  for (const row of waiting) {
    const key = toKeyRecord(row as unknown as KeyRow);
    const wanted = key.newKey ?? key.claimedKey;
    const conflictsWith = wanted === null ? null : (holderOf(tables, wanted)?.pin ?? null);
    if (conflictsWith !== key.conflictsWith)
      tables.putKey({ ...key, conflictsWith, version: tables.nextVersion(true) });
  }
}

function replaceTable(database: DatabaseSync, table: string): void {
  const all = columnsOf(database, table).join();
  const key = columnsOf(database, table, "WHERE pk > 0");
  // Without a key, as there is one row at the most.
  const same = key.length === 0 ? all : key.join();
  database.exec(`
    DELETE FROM main.${table} WHERE (${same}) IN (SELECT ${same} FROM
      (SELECT ${all} FROM main.${table} EXCEPT SELECT ${all} FROM anew.${table}));
    INSERT INTO main.${table} (${all}) SELECT ${all} FROM
      (SELECT ${all} FROM anew.${table} EXCEPT SELECT ${all} FROM main.${table});`);
}

function columnsOf(database: DatabaseSync, table: string, which = ""): readonly string[] {
  return database
    .prepare(`SELECT name FROM pragma_table_info(?) ${which}`)
    .all(table)
    .map(({ name }) => String(name));
}
