import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../../errors.ts";
import { whyNotWritable } from "../sqlite/file/read-only-file.ts";
import { realStorePath } from "../sqlite/file/real-store-path.ts";
import { connect, opening, openToRead } from "../sqlite/file/sqlite-file.ts";

/**
 * Sees that the replica in a file is one of a cluster, by the cluster's UUID; one that never met its own is of this one from then
 * on. Throws ERR_HANDCLASP_STORE_OPEN: the log of another one would be taken for a branch of what is there, and written over it.
 */
export function mustFollow(path: string, cluster: string): void {
  const real = realStorePath(path);
  if (!existsSync(real)) return;
  const followed = opening(real, () => clusterOf(real, cluster));
  if (followed !== cluster) throw ofAnother(path, cluster, followed);
}

/** The cluster whose log a replica follows; undefined where that is not known yet, and where there is no replica. */
export function followedBy(path: string): string | undefined {
  const real = realStorePath(path);
  return existsSync(real) ? opening(real, () => reading(real, (read) => read())) : undefined;
}

/** The one that a replica follows, which is `cluster` where it did not know yet. */
function clusterOf(path: string, cluster: string): string {
  return reading(path, (read, database) => {
    if (read() === undefined && whyNotWritable(path) === undefined)
      database.prepare("UPDATE replica SET cluster = ? WHERE cluster IS NULL").run(cluster);
    return read() ?? cluster;
  });
}

function reading<T>(path: string, use: (read: () => string | undefined, database: DatabaseSync) => T): T {
  const database = whyNotWritable(path) === undefined ? connect(path) : openToRead(path).database;
  try {
    const row = database.prepare("SELECT cluster FROM replica");
    return use(() => (row.get()?.["cluster"] as string | null | undefined) ?? undefined, database);
  } finally {
    database.close();
  }
}

function ofAnother(path: string, found: string, followed: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `${path} is a replica of another store than the one in this database: nothing of it was carried out there`,
    {
      hint: "give another path for the replica (replica=PATH in the URL), or the URL of what it follows; where the database was made anew, move the file, and -wal and -shm beside it, away",
      remedies: [{ act: "open-another-store", at: "server" }],
      details: { path, found, followed },
    },
  );
}
