import { hostname } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import type { Appender } from "../../trust/port/change-log.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { openDatabase } from "../../node-sqlite.ts";
import { createSchema } from "../sqlite/file/schema.ts";
import { realStorePath } from "../sqlite/file/real-store-path.ts";
import { openSqliteFile } from "../sqlite/file/sqlite-file.ts";
import { SqliteStore, type StoreOptions } from "../sqlite/sqlite-store.ts";
import { SqliteWriter } from "../sqlite/writing/sqlite-writer.ts";
import { DirectChannel, ThreadChannel, type WriteChannel } from "../sqlite/writing/write-channel.ts";
import { LogChannel } from "./log-channel.ts";
import { NodeSelf } from "./node-self.ts";
import { ReplicaReader } from "./replica-reader.ts";
import type { RowExchangeOptions } from "./row-exchange.ts";
import { SYSTEM } from "./runtime.ts";
import { SharedReader } from "./shared-reader.ts";
import { SharingChannel } from "./sharing-channel.ts";
import { type OpenScratch, openScratchBeside, type Scratch } from "./scratch.ts";

interface ReplicaOptions extends StoreOptions {
  /** Ours from now on. */
  readonly cluster: Cluster;
  readonly by: Appender;
  /** What this machine is called; default what the system says. */
  readonly machine?: string;
  /** What the store is called; without secrets. */
  readonly url: string;
  /** Takes what other machines told, and could not be made sense of. */
  readonly onIgnored?: NonNullable<RowExchangeOptions["onIgnored"]>;
}

/** A replica that is gone with its process: for simulations of many nodes in one. */
export function openMemoryReplica(options: ReplicaOptions): TrustStore {
  const database = openDatabase(":memory:");
  createSchema(database);
  return openOn(database, null, { channel: new DirectChannel(new SqliteWriter(database)) }, options);
}

/** Opens (or makes) the replica of a cluster in a file; several processes may have it open. Throws ERR_HANDCLASP_STORE_*. */
export function openReplica(path: string, options: ReplicaOptions): TrustStore {
  const real = realStorePath(path);
  const openScratch = (): Scratch | undefined => openScratchBeside(real);
  return openOn(openSqliteFile(real), real, { channel: new ThreadChannel(real), openScratch }, options);
}

function openOn(
  database: DatabaseSync,
  path: string | null,
  writing: { readonly channel: WriteChannel; readonly openScratch?: OpenScratch },
  { cluster, by, machine = hostname(), url, onIgnored, ...options }: ReplicaOptions,
): TrustStore {
  const sharing = new SharingChannel({
    log: new LogChannel({
      cluster,
      self: new NodeSelf(database, { id: by.node, name: machine }),
      replica: new ReplicaReader(database),
      ...writing,
    }),
    channel: writing.channel,
    shared: cluster.shared,
    reader: new SharedReader(database),
    node: by.node,
    machine,
    runtime: SYSTEM,
    ...(onIgnored !== undefined && { onIgnored }),
  });
  return new SqliteStore(database, { url, path, channel: sharing, machine }, options);
}
