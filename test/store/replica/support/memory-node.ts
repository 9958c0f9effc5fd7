import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { isHandclaspError } from "../../../../src/errors.ts";
import { openDatabase } from "../../../../src/node-sqlite.ts";
import type { MemoryCluster } from "../../../../src/store/log/memory-cluster.ts";
import { Contact } from "../../../../src/store/replica/contact.ts";
import { LogChannel } from "../../../../src/store/replica/log-channel.ts";
import { NodeSelf } from "../../../../src/store/replica/node-self.ts";
import { ReplicaReader } from "../../../../src/store/replica/replica-reader.ts";
import { ReplicaRow } from "../../../../src/store/replica/replica-row.ts";
import { type Runtime, SYSTEM } from "../../../../src/store/replica/runtime.ts";
import type { OpenScratch } from "../../../../src/store/replica/scratch.ts";
import { createSchema } from "../../../../src/store/sqlite/file/schema.ts";
import { SqliteTables } from "../../../../src/store/sqlite/tables/sqlite-tables.ts";
import { SqliteWriter } from "../../../../src/store/sqlite/writing/sqlite-writer.ts";
import { DirectChannel } from "../../../../src/store/sqlite/writing/write-channel.ts";
import { prepareChange } from "../../../../src/trust/prepare-change.ts";
import type { Change, Outcome } from "../../../../src/trust/records/change.ts";

export interface NodeOptions {
  readonly usesSnapshots?: boolean;
  /** Default one in memory. */
  readonly openScratch?: OpenScratch;
  /** Default the system's. */
  readonly runtime?: Runtime;
  readonly hangUp?: () => void;
}

/** A node of a cluster in this process, which looks at the log when it is asked to. */
export class MemoryNode {
  readonly database: DatabaseSync = openDatabase(":memory:");
  readonly tables: SqliteTables;
  readonly channel: LogChannel;
  readonly contact: Contact;
  readonly self: NodeSelf;

  constructor(cluster: MemoryCluster, { hangUp = () => undefined, ...options }: NodeOptions = {}) {
    createSchema(this.database);
    this.tables = new SqliteTables(this.database);
    this.self = new NodeSelf(this.database, { id: randomUUID(), name: () => "node" });
    const row = new ReplicaRow(this.database, randomUUID);
    this.contact = new Contact({ row, maxStalenessMs: 300_000, runtime: options.runtime ?? SYSTEM });
    this.channel = new LogChannel({
      ...options,
      contact: this.contact,
      cluster: {
        log: {
          append: (...a) => cluster.log.append(...a),
          read: (...r) => cluster.log.read(...r),
          onMore: () => () => undefined,
          cutBefore: (position) => cluster.log.cutBefore(position),
          begins: () => cluster.log.begins(),
          tells: true,
        },
        nodes: cluster.nodes,
        shared: cluster.shared,
        snapshots: cluster.snapshots,
        hangUp,
        close: async () => undefined,
      },
      self: this.self,
      replica: new ReplicaReader(this.database),
      channel: new DirectChannel(new SqliteWriter(this.database)),
    });
  }

  /** Undefined for what cannot be done. */
  async apply(change: Change): Promise<Outcome | undefined> {
    try {
      const { outcome } = await this.channel.write({ kind: "change", change: prepareChange(change) });
      return outcome;
    } catch (error) {
      if (!isHandclaspError(error)) throw error;
      return undefined;
    }
  }
}
