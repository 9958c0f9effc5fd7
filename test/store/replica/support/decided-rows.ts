import type { DatabaseSync } from "node:sqlite";
import { contentOf, trustTables } from "../../../trust/support/replica.ts";

/** What each node keeps for itself. */
const OWN: ReadonlySet<string> = new Set([
  "certificates",
  "looked",
  "settings",
  "outcomes",
  "branches",
  "lost_events",
  "replica",
]);

/** Tables whose rows are the same on all machines; of `keys` and `key_versions` some is each machine's own. */
export function decidedTables(database: DatabaseSync, schema = "main"): readonly string[] {
  return trustTables(database, schema).filter((table) => !OWN.has(table));
}

/** All that was decided: what strangers brought, and the newest certificates, are each node's own. */
export function decidedRows(database: DatabaseSync): unknown {
  const { keys = [], key_versions: versions = [], ...others } = contentOf(database);
  const decided = keys
    .map((row) => JSON.parse(row) as Record<string, unknown>)
    .filter(({ state, expires, note }) => state !== "pending" || expires === null || note !== null)
    .map((row) => ({ ...row, fingerprint: undefined }));
  const shared = Object.entries(others).filter(([table]) => !OWN.has(table));
  return { keys: decided, versions: versions.map((row) => JSON.parse(row).decided as number), shared };
}
