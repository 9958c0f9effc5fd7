import type { DatabaseSync } from "node:sqlite";
import type { StoredEvent } from "../../../trust/chain/audit-rows.ts";
import type { KeyStanding, TrustRows } from "../../../trust/chain/compare-rows.ts";
import type { KeyPin } from "../../../trust/records/key-record.ts";
import { apiTokenRows } from "../desk/api-token-rows.ts";
import { searchedText } from "../lists/key-search.ts";
import { type KeyRow, toKeyRecord, toTokenRecord, type TokenRow } from "../lists/rows.ts";
import { NEVER } from "../file/schema.ts";
import { SqliteTables } from "./sqlite-tables.ts";

/** The rows that servers decide by, read one after another. */
export function trustRows(database: DatabaseSync): TrustRows {
  const { keys, tombstones, tokens, members, noted } = QUERIES;
  const tables = new SqliteTables(database);
  return {
    keys: mapped(database.prepare(keys).iterate(), (row) => toKeyStanding(row as FoundKeyRow)),
    tombstones: mapped(database.prepare(tombstones).iterate(), (row) => row as { pin: KeyPin; at: number }),
    tokens: mapped(database.prepare(tokens).iterate(), (row) => toTokenRecord(row as TokenRow)),
    members: mapped(database.prepare(members).iterate(), (row) => row as GroupMemberRow),
    apiTokens: apiTokenRows(database),
    noted: mapped(database.prepare(noted).iterate(), (row) => row as { about: string; problem: string }),
    firstUseWindow: tables.firstUseWindow(),
    newestVersion: Number(database.prepare(QUERIES.newestVersion).get()?.["newest"]),
    keysOfName: (nameKey) => tables.keysOfName(nameKey),
  };
}

const QUERIES = {
  keys: "SELECT * FROM keys",
  tombstones: "SELECT pin, at FROM tombstones",
  tokens: "SELECT * FROM tokens",
  members: `SELECT name_key AS nameKey, group_key AS groupKey, group_name AS "group", added_at AS addedAt
    FROM group_members`,
  noted: "SELECT about, problem FROM noted",
  newestVersion: "SELECT max(decided, waiting) AS newest FROM key_versions",
} as const;

/** A row of `keys` with that by which lists find it. */
interface FoundKeyRow extends KeyRow {
  place: number;
  searched: string;
}

function toKeyStanding(row: FoundKeyRow): KeyStanding {
  const key = toKeyRecord(row);
  const { place, searched } = row;
  return {
    ...key,
    findings: [
      { field: "place", row: place, follows: key.firstSeen ?? NEVER },
      { field: "searched", row: searched, follows: searchedText(key) },
    ],
  };
}

interface GroupMemberRow {
  nameKey: string;
  groupKey: string;
  group: string;
  addedAt: number;
}

/** The whole chain, read one event after another. */
export function storedEvents(database: DatabaseSync): Iterable<StoredEvent> {
  const rows = database
    .prepare("SELECT sequence, json, hash, reached FROM events ORDER BY sequence")
    .iterate();
  return rows as unknown as Iterable<StoredEvent>;
}

/** Runs with everything as it is at one moment, whoever writes meanwhile. */
export function inOneSnapshot<T>(database: DatabaseSync, run: () => T): T {
  database.exec("BEGIN");
  try {
    return run();
  } finally {
    database.exec("COMMIT");
  }
}

function* mapped<T>(rows: Iterable<unknown>, toValue: (row: unknown) => T): Iterable<T> {
  for (const row of rows) yield toValue(row);
}
