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
  readonly #onClose: () => Promise<void>;

  /** `pool` is ours from now on. */
  constructor(pool: Pool, onClose: () => Promise<void> = async () => undefined) {
    this.#pool = pool;
    this.#onClose = onClose;
    this.log = new PostgresChangeLog(pool);
    this.nodes = new PostgresNodeRoster(pool);
    this.shared = new PostgresSharedRows(pool);
    this.snapshots = new PostgresSnapshotShelf(pool);
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#onClose();
  }
}
