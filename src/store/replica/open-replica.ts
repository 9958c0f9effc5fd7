import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { HandclaspError, isHandclaspError } from "../../errors.ts";
import { openDatabase } from "../../node-sqlite.ts";
import type { Cluster } from "../../trust/port/cluster.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { createSchema } from "../sqlite/file/schema.ts";
import { realStorePath } from "../sqlite/file/real-store-path.ts";
import { isServing } from "../sqlite/shared/serving-rows.ts";
import { opening, openSqliteFile, openToRead } from "../sqlite/file/sqlite-file.ts";
import { whyNotWritable } from "../sqlite/file/read-only-file.ts";
import { SqliteStore } from "../sqlite/sqlite-store.ts";
import type { SharedFile } from "../sqlite/store-file.ts";
import type { StoreOptions } from "../sqlite/store-options.ts";
import { SqliteWriter } from "../sqlite/writing/sqlite-writer.ts";
import {
  DirectChannel,
  NoChannel,
  ThreadChannel,
  type WriteChannel,
} from "../sqlite/writing/write-channel.ts";
import { compareWithLog } from "./compare-with-log.ts";
import { Contact } from "./contact.ts";
import { discarding } from "./discard-unused.ts";
import { fileMark } from "./file-mark.ts";
import { LogChannel } from "./log-channel.ts";
import { mustBeReplica } from "./must-be-replica.ts";
import { NodeSelf } from "./node-self.ts";
import { PassingRoster } from "./passing-roster.ts";
import { ReplicaReader } from "./replica-reader.ts";
import { callMachine, ReplicaRow } from "./replica-row.ts";
import { toReplication } from "./replication.ts";
import type { RowExchangeOptions } from "./row-exchange.ts";
import { type Runtime, SYSTEM } from "./runtime.ts";
import { SharedReader } from "./shared-reader.ts";
import { SharingChannel } from "./sharing-channel.ts";
import { openMemoryScratch, openScratchBeside, type OpenScratch, type Scratch } from "./scratch.ts";

const MAX_STALENESS_MS = 300_000;

interface ReplicaOptions extends StoreOptions {
  /** Ours from now on. */
  readonly cluster: Cluster;
  /**
   * What this machine is called from now on; default what it was called last, and at first as the system says. Who passes by
   * gives no other name to one that lets clients in.
   */
  readonly machine?: string;
  /** What the store is called; without secrets. */
  readonly url: string;
  /** Takes what other machines told, and could not be made sense of. */
  readonly onIgnored?: NonNullable<RowExchangeOptions["onIgnored"]>;
  /** It only passes by, and so is not on the list of machines. Default false. */
  readonly isPassing?: boolean;
  /** How long known keys are admitted that cannot be compared with the log; default five minutes. */
  readonly maxStalenessMs?: number;
  /** Whether a replica that has nothing may start from a snapshot; else it carries out the whole log. Default true. */
  readonly usesSnapshots?: boolean;
  /** Default the system's. */
  readonly runtime?: Runtime;
}

/** A replica that is gone with its process: for simulations of many nodes in one. */
export function openMemoryReplica(options: ReplicaOptions): TrustStore {
  const database = openDatabase(":memory:");
  createSchema(database);
  const channel = new DirectChannel(new SqliteWriter(database));
  const row = toRow(database, options);
  return openOn(database, { path: null, row, channel, openScratch: openMemoryScratch }, options);
}

/**
 * Opens (or makes) the replica of a cluster in a file; several processes may have it open. What else is there stays as it is.
 * Throws ERR_HANDCLASP_STORE_*.
 */
export function openReplica(path: string, options: ReplicaOptions): TrustStore {
  const real = realStorePath(path);
  return saysWhatAReplicaIs(() => openAt(real, options));
}

function openAt(real: string, options: ReplicaOptions): TrustStore {
  mustBeReplica(real);
  if (options.readOnly === true && existsSync(real) && whyNotWritable(real) !== undefined)
    return openUnfollowed(real, options);
  const openScratch = (): Scratch | undefined => openScratchBeside(real);
  const closed = opening(real, () => discarding(real));
  try {
    const database = openSqliteFile(real);
    const row = opening(real, () => toRow(database, options, fileMark(real)));
    return openOn(
      database,
      { path: real, row, channel: new ThreadChannel(real), openScratch, closed },
      options,
    );
  } catch (error) {
    closed();
    throw error;
  }
}

/** Of a store of its own there is but one: a replica is made again of what the others have. */
function saysWhatAReplicaIs<T>(open: () => T): T {
  try {
    return open();
  } catch (error) {
    if (!isHandclaspError(error, "ERR_HANDCLASP_STORE_CORRUPT")) throw error;
    const { code, message, details, cause } = error;
    throw new HandclaspError(code, message, {
      cause,
      details,
      hint: "give another path for the replica (replica=PATH in the URL); if it is this machine's, move it away with its -wal and -shm, and keep them: the next start makes another by the log",
    });
  }
}

/** The database is closed where it is no replica and cannot become one. */
function toRow(database: DatabaseSync, { runtime = SYSTEM }: ReplicaOptions, mark?: string): ReplicaRow {
  try {
    return new ReplicaRow(database, () => runtime.newId(), mark);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Where nothing can be written: what is there stays as it is. */
function openUnfollowed(path: string, all: ReplicaOptions): TrustStore {
  const { cluster, url, machine, ...options } = all;
  const { maxStalenessMs = MAX_STALENESS_MS, runtime = SYSTEM, ...others } = options;
  const { onIgnored: _, isPassing: __, ...storeOptions } = others;
  const { database, failure } = openToRead(path);
  const row = opening(path, () => toRow(database, all));
  const contact = new Contact({ row, maxStalenessMs, runtime });
  contact.failed(new Error(`${path} cannot be written, and so does not follow it`));
  const replica = new ReplicaReader(database);
  const self = new NodeSelf(database, { id: row.node, name: () => machine ?? row.name }, runtime);
  const shared: SharedFile = {
    unsure: contact.unsure,
    catchUp: () => Promise.reject(contact.outdated(contact.away)),
    replication: () => toReplication({ self, contact, replica, tells: false }),
    nodes: () => cluster.nodes.nodes(),
  };
  const channel = refusing({ close: () => cluster.close() }, path);
  return new SqliteStore(database, { url, path, channel, failure, shared }, storeOptions);
}

interface ReplicaFile {
  readonly path: string | null;
  readonly row: ReplicaRow;
  readonly channel: WriteChannel;
  readonly openScratch: OpenScratch;
  /** Is called when all is closed. */
  readonly closed?: () => void;
}

function openOn(
  database: DatabaseSync,
  { path, row, closed, ...writing }: ReplicaFile,
  {
    cluster: all,
    isPassing = false,
    machine: said,
    url,
    maxStalenessMs = MAX_STALENESS_MS,
    usesSnapshots = true,
    onIgnored,
    ...options
  }: ReplicaOptions,
): TrustStore {
  const { runtime = SYSTEM, ...storeOptions } = options;
  const cluster = isPassing ? passingBy(all) : all;
  if (said !== undefined && !(isPassing && isServing(database, runtime.now()))) callMachine(database, said);
  const machine = row.name;
  const contact = new Contact({ row, maxStalenessMs, runtime });
  const replica = new ReplicaReader(database);
  const self = new NodeSelf(database, { id: row.node, name: () => row.name }, runtime);
  const log = new LogChannel({ ...writing, cluster, self, replica, contact, usesSnapshots, runtime });
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
    compareWithLog: () => compareWithLog({ cluster, replica, openScratch: writing.openScratch }),
    catchUp: async () => {
      try {
        await channel.catchUp();
      } catch (error) {
        throw contact.outdated(error);
      }
    },
    replication: () =>
      toReplication({ self, contact, replica, tells: cluster.log.tells, ignored: channel.ignored }),
    ...(closed !== undefined && { closed }),
  };
  const written = storeOptions.readOnly === true ? refusing(channel, path ?? url) : channel;
  return new SqliteStore(database, { url, path, channel: written, machine, shared }, storeOptions);
}

function passingBy(cluster: Cluster): Cluster {
  const { log, shared, snapshots } = cluster;
  const nodes = new PassingRoster(cluster.nodes);
  const hangUp = (why: string): void => cluster.hangUp(why);
  return { log, nodes, shared, snapshots, hangUp, close: () => cluster.close() };
}

/** The replica follows all the same. */
function refusing(channel: Pick<WriteChannel, "close">, path: string): WriteChannel {
  const none = new NoChannel(path);
  return { write: () => none.write(), close: () => channel.close() };
}
