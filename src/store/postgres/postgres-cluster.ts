import type { Cluster } from "../../trust/port/cluster.ts";
import type { Pool } from "./pool.ts";
import { PostgresChangeLog } from "./postgres-change-log.ts";
import { PostgresNodeRoster } from "./postgres-node-roster.ts";
import { PostgresSharedRows } from "./postgres-shared-rows.ts";
import { PostgresSnapshotShelf } from "./postgres-snapshot-shelf.ts";

interface ClusterOptions {
  /** Closes what was opened for its connections, when those are closed. */
  readonly onClose?: () => Promise<void>;
  /** What answers is a copy that cannot be written. */
  readonly onCopy?: () => void;
  /** What answers lets nobody in. */
  readonly onNotOpen?: () => void;
  /** Breaks its connections. */
  readonly onHangUp?: (why: string) => void;
}

/** A cluster whose nodes meet in a schema of a PostgreSQL database, which was made before. */
export class PostgresCluster implements Cluster {
  readonly log: PostgresChangeLog;
  readonly nodes: PostgresNodeRoster;
  readonly shared: PostgresSharedRows;
  readonly snapshots: PostgresSnapshotShelf;
  readonly #pool: Pool;
  readonly #options: ClusterOptions;

  /** `pool` is ours from now on. */
  constructor(pool: Pool, options: ClusterOptions = {}) {
    this.#pool = pool;
    this.#options = options;
    this.log = new PostgresChangeLog(pool);
    this.nodes = new PostgresNodeRoster(pool, options);
    this.shared = new PostgresSharedRows(pool);
    this.snapshots = new PostgresSnapshotShelf(pool);
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.#options.onClose?.();
  }

  hangUp(why: string): void {
    this.#options.onHangUp?.(why);
  }
}
