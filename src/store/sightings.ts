import type { DatabaseSync } from "node:sqlite";
import type { SightingBatch } from "../trust/trust-store.ts";

const MOST_REFUSALS = 10_000;
const REFUSALS_KEPT_MS = 7 * 24 * 3600 * 1000;

/** Removes the connections of processes that ended without saying so. */
export function forgetConnections(database: DatabaseSync, processes: readonly string[]): void {
  for (const process of processes) database.prepare("DELETE FROM connections WHERE process = ?").run(process);
}

/** Writes what one process saw, inside the caller's transaction. Old and surplus refusals go. */
export function recordSightings(database: DatabaseSync, process: string, batch: SightingBatch): void {
  const seen = database.prepare("UPDATE keys SET last_seen = max(?2, coalesce(last_seen, 0)) WHERE pin = ?1");
  for (const { pin, at } of batch.seen) seen.run(pin, at);

  const opened = database.prepare("INSERT OR REPLACE INTO connections VALUES (?,?,?,?,?,?)");
  for (const { id, pin, peer, remoteAddress, since } of batch.opened) {
    opened.run(process, id, pin, peer, remoteAddress, since);
  }
  const closed = database.prepare("DELETE FROM connections WHERE process = ? AND id = ?");
  for (const id of batch.closed) closed.run(process, id);

  if (batch.refusals.length === 0) return;
  const refused = database.prepare(
    `INSERT INTO refusals (place, pin, reason, detail, peer, address, connection, first_at, last_at, count)
       VALUES (?,?,?,?,?,?,?,?,?,?)
       ON CONFLICT (place) DO UPDATE SET peer = excluded.peer, connection = excluded.connection,
         last_at = max(last_at, excluded.last_at), count = count + excluded.count`,
  );
  let now = 0;
  for (const { pin, reason, detail, peer, address, connection, firstAt, lastAt, count } of batch.refusals) {
    const place = `${reason} ${pin ?? ""} ${address ?? ""}${detail === null ? "" : ` ${detail}`}`;
    refused.run(place, pin, reason, detail, peer, address, connection, firstAt, lastAt, count);
    now = Math.max(now, lastAt);
  }
  database.prepare("DELETE FROM refusals WHERE last_at < ?").run(now - REFUSALS_KEPT_MS);
  const { count } = database.prepare("SELECT count(*) AS count FROM refusals").get() as { count: number };
  if (count <= MOST_REFUSALS) return;
  database
    .prepare("DELETE FROM refusals WHERE id IN (SELECT id FROM refusals ORDER BY last_at LIMIT ?)")
    .run(count - MOST_REFUSALS);
}
