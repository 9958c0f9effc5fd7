import type { DatabaseSync } from "node:sqlite";
import { holderOf } from "../../../trust/naming/holder-of.ts";
import { type KeyRow, toKeyRecord } from "../lists/rows.ts";
import type { SqliteTables } from "../tables/sqlite-tables.ts";

/** What a log of changes leads to, all of it, but for what needs more than being replaced: see `replaceRows`. */
const LOGGED = [
  "keys",
  "certificates",
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
  database.exec(`
    CREATE TEMP TABLE waiting AS SELECT * FROM main.keys WHERE ${WAITS} AND pin NOT IN (SELECT pin FROM anew.keys);
    CREATE TEMP TABLE waiting_certificates AS
      SELECT * FROM main.certificates WHERE pin IN (SELECT pin FROM temp.waiting);`);
  for (const table of LOGGED) replaceTable(database, table);
  database.exec(`
    INSERT INTO main.keys SELECT * FROM temp.waiting;
    INSERT INTO main.certificates (pin, fingerprint, der, added_at)
      SELECT pin, fingerprint, der, added_at FROM temp.waiting_certificates ORDER BY number;
    DROP TABLE temp.waiting;
    DROP TABLE temp.waiting_certificates;
    UPDATE main.key_versions SET decided = (SELECT decided FROM anew.key_versions),
      waiting = max(waiting, (SELECT waiting FROM anew.key_versions));
    DELETE FROM main.seen WHERE pin NOT IN (SELECT pin FROM main.keys);
    DELETE FROM main.looked WHERE pin NOT IN (SELECT pin FROM main.keys);
    INSERT OR IGNORE INTO main.seen SELECT pin, last_seen FROM anew.seen WHERE pin IN (SELECT pin FROM main.keys);
    DELETE FROM main.events WHERE sequence > ${commonEvent};
    INSERT INTO main.events (sequence, json, hash, reached)
      SELECT sequence, json, hash, reached FROM anew.events WHERE sequence > ${commonEvent} ORDER BY sequence;`);
  settleConflicts(database, tables);
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
  const columns = database
    .prepare("SELECT name, pk FROM pragma_table_info(?)")
    .all(table)
    .map(({ name, pk }) => ({ name: String(name), isKey: Number(pk) > 0 }));
  const all = columns.map(({ name }) => name).join(", ");
  const key = columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  // Without a key, as there is one row at the most.
  const same = key.length === 0 ? all : key.join(", ");
  database.exec(`
    DELETE FROM main.${table} WHERE (${same}) IN (SELECT ${same} FROM
      (SELECT ${all} FROM main.${table} EXCEPT SELECT ${all} FROM anew.${table}));
    INSERT INTO main.${table} (${all}) SELECT ${all} FROM
      (SELECT ${all} FROM anew.${table} EXCEPT SELECT ${all} FROM main.${table});`);
}
