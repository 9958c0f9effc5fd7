import type { DatabaseSync } from "node:sqlite";
import { encodeSnapshotPart } from "./snapshot-part.ts";
import { SNAPSHOT_TABLES, type SnapshotTable } from "./snapshot-tables.ts";

/** What rows are gathered to, before they are compressed. */
const PART_BYTES = 256 * 1024;

/** What a log led to in a database, part after part: inside of one transaction, of one moment. */
export function* snapshotParts(database: DatabaseSync): Generator<Uint8Array, undefined> {
  for (const table of SNAPSHOT_TABLES) yield* partsOf(database, table);
}

function* partsOf(
  database: DatabaseSync,
  { name: table, columns, bytes = [], from = table, which }: SnapshotTable,
): Generator<Uint8Array, undefined> {
  const statement = database.prepare(`SELECT ${columns.join(", ")} FROM ${from} ${which}`);
  statement.setReturnArrays(true);
  let rows: unknown[][] = [];
  let size = 0;
  for (const read of statement.iterate()) {
    const row = read as unknown as unknown[];
    for (const value of row) size += sizeOf(value);
    rows.push(row);
    if (size < PART_BYTES) continue;
    yield encodeSnapshotPart({ table, columns, bytes, rows });
    rows = [];
    size = 0;
  }
  if (rows.length > 0) yield encodeSnapshotPart({ table, columns, bytes, rows });
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  return value instanceof Uint8Array ? value.byteLength : 8;
}
