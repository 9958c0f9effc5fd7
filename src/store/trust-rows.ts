import type { DatabaseSync } from "node:sqlite";
import type { TrustRows } from "../trust/compare-rows.ts";
import type { KeyPin } from "../trust/key-record.ts";
import { type KeyRow, toKeyRecord, toTokenRecord, type TokenRow } from "./rows.ts";
import { SqliteTables } from "./sqlite-tables.ts";

/** The rows that servers decide by, read one after another. */
export function trustRows(database: DatabaseSync): TrustRows {
  const { keys, tombstones, tokens, members, noted } = QUERIES;
  const tables = new SqliteTables(database);
  return {
    keys: mapped(database.prepare(keys).iterate(), (row) => toKeyRecord(row as KeyRow)),
    tombstones: mapped(database.prepare(tombstones).iterate(), (row) => row as { pin: KeyPin; at: number }),
    tokens: mapped(database.prepare(tokens).iterate(), (row) => toTokenRecord(row as TokenRow)),
    members: mapped(database.prepare(members).iterate(), (row) => row as GroupMemberRow),
    noted: mapped(database.prepare(noted).iterate(), (row) => row as { about: string; problem: string }),
    firstUseOpenUntil: tables.firstUseOpenUntil(),
    newestVersion: Number(database.prepare("SELECT newest FROM key_versions").get()?.["newest"]),
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
} as const;

interface GroupMemberRow {
  nameKey: string;
  groupKey: string;
  group: string;
  addedAt: number;
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
