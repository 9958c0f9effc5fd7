import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../errors.ts";
import { LOG_START } from "../trust/port/change-log.ts";
import type { Cluster } from "../trust/port/cluster.ts";
import type { SnapshotFacts } from "../trust/port/snapshot-shelf.ts";
import { makeSnapshot } from "./replica/make-snapshot.ts";
import { isPlaced } from "./replica/start-from-snapshot.ts";
import { realStorePath } from "./sqlite/file/real-store-path.ts";
import { connect, openSqliteFile } from "./sqlite/file/sqlite-file.ts";

/**
 * Has a cluster that has nothing begin with what a store of one place has: a snapshot before the first change, and the
 * settings. The chain of events goes on. Throws ERR_HANDCLASP_CONFLICT for a cluster that has something already.
 */
export async function copyToCluster(path: string, cluster: Cluster): Promise<SnapshotFacts> {
  await mustBeEmpty(cluster);
  const real = realStorePath(path);
  // Brought to this schema, if it is older.
  openSqliteFile(real).close();
  const database = connect(real);
  try {
    if (isPlaced(database)) throw isReplica(path);
    const node = randomUUID();
    const facts = await makeSnapshot({ cluster, database, node, place: LOG_START });
    for (const [name, value] of sharedSettings(database)) {
      await cluster.shared.putSetting(name, value, null, node);
    }
    // All that there was before is in it: nobody could come to something else.
    await cluster.snapshots.confirm(facts.id, { node, way: "anew", digest: facts.digest });
    return facts;
  } finally {
    database.close();
  }
}

async function mustBeEmpty({ log, nodes, snapshots }: Cluster): Promise<void> {
  const { head } = await log.read(LOG_START, 1);
  const [machines, kept] = [await nodes.nodes(), await snapshots.list()];
  if (head.position === 0 && machines.length === 0 && kept.length === 0) return;
  const has = `${head.position} changes, ${machines.length} machines and ${kept.length} snapshots`;
  throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `the database has something already: ${has}`, {
    hint: "give an empty database, or another schema in it (schema=NAME in the URL); end whoever runs on it",
  });
}

/** Which server runs where, and what was dropped there, is each machine's own. */
function* sharedSettings(database: DatabaseSync): Iterable<readonly [string, string]> {
  const rows = database
    .prepare(
      `SELECT name, value FROM settings
         WHERE name NOT LIKE 'dropped-%' AND name <> 'server' AND name NOT LIKE 'server:%' ORDER BY name`,
    )
    .all();
  for (const { name, value } of rows as { name: string; value: string }[]) yield [name, value];
}

/** Tables of what a replica has of its log, and of other machines. */
const OF_REPLICAS = [
  "log_place",
  "outcomes",
  "branches",
  "lost_events",
  "snapshot_load",
  "replica",
  "runs",
  "connections",
  "shared_place",
  "untold",
  "serving",
  "waiting_at",
];

/** Makes a store of one place of a copy of a replica: its chain goes on, and no log is behind it any more. */
export function leaveCluster(path: string): void {
  const database = connect(realStorePath(path));
  try {
    database.exec("BEGIN IMMEDIATE");
    const there = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    for (const { name } of there) {
      if (OF_REPLICAS.includes(String(name))) database.exec(`DELETE FROM ${String(name)}`);
    }
    database.exec("COMMIT; PRAGMA journal_mode = DELETE");
  } finally {
    database.close();
  }
}

function isReplica(path: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `${path} is a replica of a store that machines share`,
    {
      hint: "name that store by its URL",
    },
  );
}
