import { dirname, join } from "node:path";
import { KnownServers } from "../client/servers/known-servers.ts";
import type { ClusterAddress } from "../trust/port/cluster-address.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { connectDatabase } from "./postgres/open-postgres.ts";
import { prepareSchema } from "./postgres/migrate.ts";
import { Pool } from "./postgres/pool.ts";
import { PostgresCluster } from "./postgres/postgres-cluster.ts";
import { openReplica } from "./replica/open-replica.ts";
import { realStorePath } from "./sqlite/file/real-store-path.ts";
import { openSqliteStore } from "./sqlite/sqlite-store.ts";
import type { StoreOptions } from "./sqlite/store-options.ts";

interface SharedStore {
  readonly address: ClusterAddress;
  /** Of this machine's replica. */
  readonly file: string;
  readonly url: string;
}

/** Opens this machine's replica at once, and what it follows when that can be reached. */
export function openSharedStore({ address, file, url }: SharedStore, options: StoreOptions): TrustStore {
  const { schema, maxStalenessMs, node } = address;
  const known = new KnownDatabaseServers(file, options.process ?? `node ${process.pid}`);
  const pool = new Pool(() => connectDatabase(address, () => known.open()), schema, prepareSchema);
  const cluster = new PostgresCluster(pool, () => known.close());
  return openReplica(file, {
    ...options,
    url,
    maxStalenessMs,
    cluster,
    ...(node !== null && { machine: node }),
  });
}

/** The keys of databases, beside the replica where those of all servers are; opened when one is met. */
class KnownDatabaseServers {
  readonly #file: string;
  readonly #process: string;
  #opened: KnownServers | undefined;

  constructor(replica: string, process: string) {
    this.#file = join(dirname(realStorePath(replica)), "known_servers.db");
    this.#process = process;
  }

  open(): KnownServers {
    this.#opened ??= new KnownServers(openSqliteStore(this.#file), { now: Date.now, process: this.#process });
    return this.#opened;
  }

  async close(): Promise<void> {
    await this.#opened?.store.close();
  }
}
