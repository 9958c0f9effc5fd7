import type { DatabaseSync } from "node:sqlite";
import { nameKey } from "../../../trust/naming/peer-name.ts";
import type { SightingBatch } from "../../../trust/port/ledger.ts";
import { refusalPlace } from "../../../trust/sightings/refusal-place.ts";
import { countDropped } from "./dropped.ts";
import { SILENT_MS } from "./live-run.ts";

const MOST_REFUSALS = 10_000;
export const REFUSALS_KEPT_MS: number = 7 * 24 * 3600 * 1000;

/** Whose sightings they are, and when they are written. */
export interface SeenBy {
  readonly id: string;
  readonly process: string;
  /** Whether it has connections on the list after this. */
  readonly isListed: boolean;
  /** Whether what it opened is all that it has: then nothing else stays on the list. */
  readonly isWhole: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** Writes what one run saw, inside the caller's transaction. Runs that fell silent, old and surplus refusals go. */
export function recordSightings(database: DatabaseSync, by: SeenBy, batch: SightingBatch): void {
  const seen = database.prepare(
    `INSERT INTO seen SELECT number, pin, ? FROM keys WHERE pin = ?
       ON CONFLICT DO UPDATE SET last_seen = max(last_seen, excluded.last_seen)`,
  );
  for (const { pin, at } of batch.seen) seen.run(at, pin);
  if (batch.looked !== undefined) recordLooks(database, batch.looked);
  noteUses(database, batch.used ?? []);

  const silent = database
    .prepare("SELECT id FROM runs WHERE abs(beat - ?) > ? AND id <> ? AND node IS NULL")
    .all(by.at, SILENT_MS, by.id);
  for (const { id } of silent) forgetRun(database, String(id));
  if (by.isListed) recordConnections(database, by, batch);
  else forgetRun(database, by.id);

  if (batch.refusals.length === 0) return;
  const refused = database.prepare(
    `INSERT INTO refusals
       (place, pin, reason, detail, problem, fingerprint, peer, name_key, address, listener, connection, first_at,
        last_at, count) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)
       ON CONFLICT (place) DO UPDATE SET peer = excluded.peer, name_key = excluded.name_key, problem = excluded.problem,
         connection = excluded.connection, last_at = max(last_at, excluded.last_at), count = count + excluded.count`,
  );
  let now = 0;
  for (const refusal of batch.refusals) {
    const { pin, reason, detail, problem, fingerprint, peer, address, listener, connection } = refusal;
    const { firstAt, lastAt, count } = refusal;
    refused.run(
      refusalPlace(refusal),
      pin,
      reason,
      detail,
      problem,
      fingerprint,
      peer,
      peer === null ? null : nameKey(peer),
      address,
      listener,
      connection,
      firstAt,
      lastAt,
      count,
    );
    now = Math.max(now, lastAt);
  }
  database.prepare("DELETE FROM refusals WHERE last_at < ?").run(now - REFUSALS_KEPT_MS);
  makeRoom(database);
}

function recordLooks(database: DatabaseSync, looked: NonNullable<SightingBatch["looked"]>): void {
  const look = database.prepare(
    `INSERT INTO looked SELECT pin, ? FROM keys WHERE pin = ?
       ON CONFLICT DO UPDATE SET at = max(at, excluded.at)`,
  );
  for (const { pin, at } of looked) look.run(at, pin);
}

function noteUses(database: DatabaseSync, used: NonNullable<SightingBatch["used"]>): void {
  if (used.length === 0) return;
  const note = database.prepare(
    `INSERT INTO api_token_uses SELECT id, ? FROM api_tokens WHERE id = ?
       ON CONFLICT DO UPDATE SET last_used = max(last_used, excluded.last_used)`,
  );
  for (const { apiToken, at } of used) note.run(at, apiToken);
}

/**
 * What is too much goes: the oldest of the reasons that have the most. A flood of one kind, which a client that is let
 * in can bring about by what it asks for and a stranger by its keys, hides no refusal of another kind.
 */
function makeRoom(database: DatabaseSync): void {
  const counts = database
    .prepare(
      "SELECT reason, count(*) AS count FROM refusals WHERE node IS NULL GROUP BY reason ORDER BY count, reason",
    )
    .all() as { reason: string; count: number }[];
  const oldest = database.prepare(
    `DELETE FROM refusals WHERE id IN (
       SELECT id FROM refusals WHERE reason = ? AND node IS NULL ORDER BY last_at, id LIMIT ?
     ) RETURNING count`,
  );
  let room = MOST_REFUSALS;
  let dropped = 0;
  for (const [at, { reason, count }] of counts.entries()) {
    const kept = Math.min(count, Math.floor(room / (counts.length - at)));
    room -= kept;
    if (kept === count) continue;
    for (const row of oldest.all(reason, count - kept)) dropped += Number(row["count"]);
  }
  if (dropped > 0) countDropped(database, "refusals", dropped);
}

/** Whether others take a run for live. */
export function isListed(database: DatabaseSync, run: string): boolean {
  return database.prepare("SELECT 1 FROM runs WHERE id = ?").get(run) !== undefined;
}

/** A run that others removed puts all of its connections on the list again, or none: its next write does. */
function recordConnections(database: DatabaseSync, by: SeenBy, batch: SightingBatch): void {
  const { id: run, process, at } = by;
  if (by.isWhole) {
    forgetRun(database, run);
    database.prepare("INSERT INTO runs (id, process, beat) VALUES (?,?,?)").run(run, process, at);
  } else if (database.prepare("UPDATE runs SET beat = ? WHERE id = ?").run(at, run).changes === 0) return;
  const opened = database.prepare(
    "INSERT OR REPLACE INTO connections (run, id, pin, peer, address, since, listener) VALUES (?,?,?,?,?,?,?)",
  );
  for (const { id, pin, peer, remoteAddress, since, listener } of batch.opened) {
    opened.run(run, id, pin, peer, remoteAddress, since, listener);
  }
  const closed = database.prepare("DELETE FROM connections WHERE run = ? AND id = ?");
  for (const id of batch.closed) closed.run(run, id);
}

function forgetRun(database: DatabaseSync, run: string): void {
  const { changes } = database.prepare("DELETE FROM runs WHERE id = ?").run(run);
  if (changes > 0) database.prepare("DELETE FROM connections WHERE run = ?").run(run);
}
