import { hostname } from "node:os";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../node-sqlite.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { createSchema } from "../sqlite/file/schema.ts";
import { realStorePath } from "../sqlite/file/real-store-path.ts";
import { openSqliteFile } from "../sqlite/file/sqlite-file.ts";
import { SqliteStore } from "../sqlite/sqlite-store.ts";
import type { SharedFile } from "../sqlite/store-file.ts";
import type { StoreOptions } from "../sqlite/store-options.ts";
import { SqliteWriter } from "../sqlite/writing/sqlite-writer.ts";
import { DirectChannel, ThreadChannel, type WriteChannel } from "../sqlite/writing/write-channel.ts";
import { Contact } from "./contact.ts";
import { LogChannel } from "./log-channel.ts";
import { NodeSelf } from "./node-self.ts";
import { ReplicaReader } from "./replica-reader.ts";
import { ReplicaRow } from "./replica-row.ts";
import { toReplication } from "./replication.ts";
import type { RowExchangeOptions } from "./row-exchange.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";
import { SharedReader } from "./shared-reader.ts";
import { SharingChannel } from "./sharing-channel.ts";
import { openMemoryScratch, openScratchBeside, type OpenScratch, type Scratch } from "./scratch.ts";

interface ReplicaOptions extends StoreOptions {
  /** Ours from now on. */
  readonly cluster: Cluster;
  /** What this machine is called; default what the system says. */
  readonly machine?: string;
  /** What the store is called; without secrets. */
  readonly url: string;
  /** Takes what other machines told, and could not be made sense of. */
  readonly onIgnored?: NonNullable<RowExchangeOptions["onIgnored"]>;
  /** How long known keys are admitted that cannot be compared with the log; default five minutes. */
  readonly maxStalenessMs?: number;
  /** Default the system's. */
  readonly runtime?: Runtime;
}

/** A replica that is gone with its process: for simulations of many nodes in one. */
export function openMemoryReplica(options: ReplicaOptions): TrustStore {
  const database = openDatabase(":memory:");
  createSchema(database);
  const channel = new DirectChannel(new SqliteWriter(database));
  return openOn(database, { path: null, channel, openScratch: openMemoryScratch }, options);
}

/** Opens (or makes) the replica of a cluster in a file; several processes may have it open. Throws ERR_HANDCLASP_STORE_*. */
export function openReplica(path: string, options: ReplicaOptions): TrustStore {
  const real = realStorePath(path);
  const openScratch = (): Scratch | undefined => openScratchBeside(real);
  return openOn(openSqliteFile(real), { path: real, channel: new ThreadChannel(real), openScratch }, options);
}

interface ReplicaFile {
  readonly path: string | null;
  readonly channel: WriteChannel;
  readonly openScratch: OpenScratch;
}

function openOn(
  database: DatabaseSync,
  { path, ...writing }: ReplicaFile,
  { cluster, machine = hostname(), url, maxStalenessMs = 300_000, onIgnored, ...options }: ReplicaOptions,
): TrustStore {
  const { runtime = SYSTEM, ...storeOptions } = options;
  const row = new ReplicaRow(database, () => runtime.newId());
  const contact = new Contact({ row, maxStalenessMs, runtime });
  const replica = new ReplicaReader(database);
  const self = new NodeSelf(database, { id: row.node, name: machine });
  const log = new LogChannel({ ...writing, cluster, self, replica, contact, runtime });
  const channel = new SharingChannel({
    log,
    channel: writing.channel,
    shared: cluster.shared,
    reader: new SharedReader(database),
    node: row.node,
    machine,
    runtime,
    ...(onIgnored !== undefined && { onIgnored }),
  });
  const shared: SharedFile = {
    unsure: contact.unsure,
    nodes: () => cluster.nodes.nodes(),
    catchUp: async () => {
      try {
        await channel.catchUp();
      } catch (error) {
        throw contact.outdated(error);
      }
    },
    replication: () =>
      toReplication({ self, contact, standing: replica.standing(), tells: cluster.log.tells }),
  };
  return new SqliteStore(database, { url, path, channel, machine, shared }, storeOptions);
}
