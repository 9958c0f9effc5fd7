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
  { name, columns, bytes = [], which }: SnapshotTable,
): Generator<Uint8Array, undefined> {
  const statement = database.prepare(`SELECT ${columns.join(", ")} FROM ${name} ${which}`);
  statement.setReturnArrays(true);
  const inBytes = columns.flatMap((column, at) => (bytes.includes(column) ? [at] : []));
  let rows: unknown[][] = [];
  let size = 0;
  for (const read of statement.iterate()) {
    const row = read as unknown as unknown[];
    for (const at of inBytes) row[at] = Buffer.from(row[at] as Uint8Array).toString("base64");
    for (const value of row) size += typeof value === "string" ? value.length : 8;
    rows.push(row);
    if (size < PART_BYTES) continue;
    yield encodeSnapshotPart({ table: name, columns, rows });
    rows = [];
    size = 0;
  }
  if (rows.length > 0) yield encodeSnapshotPart({ table: name, columns, rows });
}
