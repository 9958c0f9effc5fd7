import {
  HandclaspError,
  type HandclaspErrorOptions,
  hasCode,
  isHandclaspError,
  reasonOf,
} from "../../errors.ts";
import { escapeText } from "../../trust/naming/peer-name.ts";
import type { Pool } from "./pool.ts";

/** PostgreSQL's code for a lock that was not to be had in time. */
const LOCK_NOT_AVAILABLE = "55P03";
/** How many of those are named who have one. */
const MOST_NAMED = 3;

interface Holder {
  readonly pid: number;
  readonly role: string | null;
  readonly application: string | null;
  readonly address: string | null;
  readonly state: string | null;
  readonly seconds: number | null;
}

/**
 * What was said of a query, or who keeps it from what it needs: sessions that hold what is ours, as far as this role sees them.
 * A machine holds that for milliseconds.
 */
export async function explained(thrown: unknown, pool: Pool): Promise<unknown> {
  if (!hasCode(thrown, LOCK_NOT_AVAILABLE)) return thrown;
  const holders = await holdersOf(pool).catch(() => []);
  const [first] = holders;
  const who = holders.length === 0 ? "a session that is gone by now" : holders.map(toText).join("; ");
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", `a lock in the database is held by ${who}`, {
    cause: thrown,
    hint:
      first === undefined
        ? "look who is connected to the database: SELECT * FROM pg_stat_activity"
        : `as an administrator of the database: SELECT pg_terminate_backend(${first.pid}), and look who that is`,
    details: { replication: "locked", reason: reasonOf(thrown), holders: holders.map(({ pid }) => pid) },
  });
}

/** What an error that is made of `explained` has of it. */
export function ofExplained(why: unknown): Pick<HandclaspErrorOptions, "hint" | "details"> {
  if (!isHandclaspError(why) || why.details["replication"] !== "locked") return {};
  const { hint, details } = why;
  return { details, ...(hint !== undefined && { hint }) };
}

/** Who holds the lock of the log, or rows of ours, the longest first. What another role does is not told. */
async function holdersOf(pool: Pool): Promise<readonly Holder[]> {
  const sql = await pool.sql();
  const { schema } = pool;
  const holders = await sql<Holder[]>`
    WITH ours AS (
      SELECT hashtextextended(${`${schema}.change_log`}::text, 0) AS key UNION SELECT hashtextextended(${`${schema}.snapshots`}::text, 0)
    )
    SELECT a.pid, a.usename AS role, a.application_name AS application, host(a.client_addr) AS address, a.state,
      floor(extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, a.query_start, a.backend_start)))::int AS seconds
    FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND EXISTS (
      SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.granted AND l.database = a.datid AND (
        l.locktype = 'advisory' AND l.objsubid = 1 AND (l.classid::bigint << 32 | l.objid::bigint) IN (SELECT key FROM ours)
        OR l.locktype = 'relation' AND l.mode IN ('RowShareLock', 'RowExclusiveLock', 'ShareLock', 'ExclusiveLock', 'AccessExclusiveLock')
          AND EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid = l.relation AND n.nspname = ${schema})))
    ORDER BY seconds DESC NULLS LAST, a.pid LIMIT ${MOST_NAMED}`;
  return [...holders];
}

function toText({ pid, role, application, address, state, seconds }: Holder): string {
  const about = [
    ...(application === null || application === "" ? [] : [application]),
    ...(address === null ? [] : [`from ${address}`]),
    ...(state === null ? [] : [state]),
    ...(seconds === null ? [] : [`for ${seconds} s`]),
  ];
  return escapeText(
    `session ${pid} of the role ${role ?? "?"}${about.length === 0 ? "" : ` (${about.join(", ")})`}`,
    300,
  );
}
