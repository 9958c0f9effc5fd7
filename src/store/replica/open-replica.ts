import { hostname } from "node:os";
import type { Appender } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { openDatabase } from "../../node-sqlite.ts";
import { createSchema } from "../sqlite/file/schema.ts";
import { realStorePath } from "../sqlite/file/real-store-path.ts";
import { openSqliteFile } from "../sqlite/file/sqlite-file.ts";
import { SqliteStore, type StoreOptions } from "../sqlite/sqlite-store.ts";
import { SqliteWriter } from "../sqlite/writing/sqlite-writer.ts";
import { DirectChannel, ThreadChannel } from "../sqlite/writing/write-channel.ts";
import { LogChannel } from "./log-channel.ts";
import { NodeSelf } from "./node-self.ts";
import { ReplicaReader } from "./replica-reader.ts";
import { openScratchBeside } from "./scratch.ts";

interface ReplicaOptions extends StoreOptions {
  /** Ours from now on. */
  readonly cluster: Cluster;
  readonly by: Appender;
  /** What this machine is called; default what the system says. */
  readonly machine?: string;
  /** What the store is called; without secrets. */
  readonly url: string;
}

/** A replica that is gone with its process: for simulations of many nodes in one. */
export function openMemoryReplica({ cluster, by, machine, url, ...options }: ReplicaOptions): TrustStore {
  const database = openDatabase(":memory:");
  createSchema(database);
  const channel = new DirectChannel(new SqliteWriter(database));
  const replica = new ReplicaReader(database);
  const self = new NodeSelf(database, { id: by.node, name: machine ?? hostname() });
  return new SqliteStore(
    database,
    { url, path: null, channel: new LogChannel({ cluster, self, replica, channel }) },
    options,
  );
}

/** Opens (or makes) the replica of a cluster in a file; several processes may have it open. Throws ERR_HANDCLASP_STORE_*. */
export function openReplica(
  path: string,
  { cluster, by, machine, url, ...options }: ReplicaOptions,
): TrustStore {
  const real = realStorePath(path);
  const database = openSqliteFile(real);
  const channel = new LogChannel({
    cluster,
    self: new NodeSelf(database, { id: by.node, name: machine ?? hostname() }),
    replica: new ReplicaReader(database),
    channel: new ThreadChannel(real),
    openScratch: () => openScratchBeside(real),
  });
  return new SqliteStore(database, { url, path: real, channel }, options);
}
