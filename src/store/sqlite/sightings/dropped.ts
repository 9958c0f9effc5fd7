import type { DatabaseSync } from "node:sqlite";

/** What goes for want of room, and is missed by whoever looks for it. */
export type Dropped = "pending-keys" | "refusals";

/** Adds to what was dropped so far, inside the caller's transaction. */
export function countDropped(database: DatabaseSync, what: Dropped, count: number): void {
  database
    .prepare(
      `INSERT INTO settings VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + excluded.value AS TEXT)`,
    )
    .run(`dropped-${what}`, String(count));
}

/** How many were dropped since the store was made, or since a version that counts. */
export function droppedSoFar(database: DatabaseSync, what: Dropped): number {
  const row = database.prepare("SELECT value FROM settings WHERE name = ?").get(`dropped-${what}`);
  return Number(row?.["value"] ?? 0);
}
