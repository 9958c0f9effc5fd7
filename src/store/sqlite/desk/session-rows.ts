import type { DatabaseSync } from "node:sqlite";
import type { SessionRecord } from "../../../trust/port/desk.ts";

/** Sessions are not in the chain: they are written beside changes. */
export type SessionWrite =
  | { readonly kind: "session"; readonly session: SessionRecord }
  | { readonly kind: "session-end"; readonly by: "hash" | "of"; readonly value: string };

const MOST_SESSIONS = 1000;
/** Whoever signs in again and again signs themselves out, and nobody else. */
const MOST_OF_ONE = 50;

/** Keeps a session, inside the caller's transaction: those that expired go, and then the oldest until there is room. */
export function putSession(database: DatabaseSync, session: SessionRecord): void {
  const { hash, of, via, user, createdAt, expires } = session;
  database.prepare("DELETE FROM sessions WHERE expires <= ?").run(createdAt);
  database
    .prepare(
      `DELETE FROM sessions WHERE hash IN
         (SELECT hash FROM sessions WHERE hash <> ? AND of = ? ORDER BY created_at DESC, hash LIMIT -1 OFFSET ?)`,
    )
    .run(hash, of, MOST_OF_ONE - 1);
  database
    .prepare(
      `DELETE FROM sessions WHERE hash IN
         (SELECT hash FROM sessions WHERE hash <> ? ORDER BY created_at DESC, hash LIMIT -1 OFFSET ?)`,
    )
    .run(hash, MOST_SESSIONS - 1);
  database
    .prepare(
      "INSERT OR REPLACE INTO sessions (hash, of, via, user, created_at, expires) VALUES (?,?,?,?,?,?)",
    )
    .run(hash, of, via, user, createdAt, expires);
}

export function endSessions(
  database: DatabaseSync,
  { by, value }: SessionWrite & { kind: "session-end" },
): void {
  const sql = by === "hash" ? "DELETE FROM sessions WHERE hash = ?" : "DELETE FROM sessions WHERE of = ?";
  database.prepare(sql).run(value);
}
