import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { StoreStats } from "../../../trust/port/upkeep.ts";
import { droppedSoFar } from "../sightings/dropped.ts";

/** How much there is of what; `path` is null for a store in memory. */
export function countRows(database: DatabaseSync, path: string | null): Omit<StoreStats, "url" | "schema"> {
  const count = (table: "certificates" | "events" | "refusals"): number => {
    return Number(database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.["count"]);
  };
  const keys = { pending: 0, trusted: 0, revoked: 0, ignored: 0, retired: 0 };
  const byState = database.prepare("SELECT state, count(*) AS count FROM keys GROUP BY state");
  for (const row of byState.all() as { state: keyof typeof keys; count: number }[])
    keys[row.state] = row.count;
  return {
    keys,
    certificates: count("certificates"),
    events: count("events"),
    refusals: count("refusals"),
    dropped: {
      pendingKeys: droppedSoFar(database, "pending-keys"),
      refusals: droppedSoFar(database, "refusals"),
    },
    bytes: path === null ? null : statSync(path).size,
  };
}
