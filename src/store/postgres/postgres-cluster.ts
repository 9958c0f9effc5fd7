import type { Cluster } from "../../trust/port/cluster.ts";
import type { Pool } from "./pool.ts";
import { PostgresChangeLog } from "./postgres-change-log.ts";
import { PostgresNodeRoster } from "./postgres-node-roster.ts";
import { PostgresSharedRows } from "./postgres-shared-rows.ts";
import { PostgresSnapshotShelf } from "./postgres-snapshot-shelf.ts";

/** A cluster whose nodes meet in a schema of a PostgreSQL database, which was made before. */
export class PostgresCluster implements Cluster {
  readonly log: PostgresChangeLog;
  readonly nodes: PostgresNodeRoster;
  readonly shared: PostgresSharedRows;
  readonly snapshots: PostgresSnapshotShelf;
  readonly #pool: Pool;

  /** `pool` is ours from now on. */
  constructor(pool: Pool) {
    this.#pool = pool;
    this.log = new PostgresChangeLog(pool);
    this.nodes = new PostgresNodeRoster(pool);
    this.shared = new PostgresSharedRows(pool);
    this.snapshots = new PostgresSnapshotShelf(pool);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
