import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { StoreStats } from "../../../trust/port/upkeep.ts";
import { droppedSoFar } from "../sightings/dropped.ts";
import { isBeingFilled } from "../snapshot/being-filled.ts";
import { barredHere } from "../lists/barred-here.ts";

/** Those that are not trusted are counted one by one, in an index that has no others. */
const BY_STATE = `WITH others AS (SELECT state, count(*) AS count FROM keys INDEXED BY keys_not_trusted
    WHERE state <> 'trusted' GROUP BY state)
  SELECT state, count FROM others
  UNION ALL SELECT 'trusted', (SELECT count(*) FROM keys) - ifnull((SELECT sum(count) FROM others), 0)`;

/** While a snapshot is taken in, these alone are there. */
const WAITING = `SELECT 'pending' AS state, count(*) AS count FROM keys INDEXED BY pending_keys
  WHERE state = 'pending' AND expires IS NOT NULL AND note IS NULL`;

/** How much there is of what; `path` is null for a store in memory. Of keys, as they stand on this machine. */
export function countRows(database: DatabaseSync, path: string | null): Omit<StoreStats, "url" | "schema"> {
  const count = (table: "certificates" | "refusals"): number => {
    return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
  };
  const keys = { pending: 0, trusted: 0, revoked: 0, ignored: 0, retired: 0 };
  const byState = database.prepare(isBeingFilled(database) ? WAITING : BY_STATE);
  for (const row of byState.all() as { state: keyof typeof keys; count: number }[])
    keys[row.state] = row.count;
  for (const { former, state } of barredHere(database)) {
    keys[former] -= 1;
    keys[state] += 1;
  }
  return {
    keys,
    certificates: count("certificates"),
    events: Number(database.prepare("SELECT max(sequence) AS newest FROM events").get()?.["newest"]),
    refusals: count("refusals"),
    dropped: {
      pendingKeys: droppedSoFar(database, "pending-keys"),
      refusals: droppedSoFar(database, "refusals"),
    },
    bytes: path === null ? null : statSync(path).size,
  };
}
