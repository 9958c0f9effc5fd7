import { openDatabase } from "../../../src/node-sqlite.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import { DirectChannel } from "../../../src/store/sqlite/writing/write-channel.ts";
import type { KnownNode } from "../../../src/trust/port/node-roster.ts";
import type { Replication } from "../../../src/trust/port/replication.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";

/** A store in memory that is as far with a log as is said; by default always as the same. */
export function openStoreWith(
  replication: Replication | (() => Replication),
  nodes: readonly KnownNode[] = [],
): TrustStore {
  const database = openDatabase(":memory:");
  createSchema(database);
  const channel = new DirectChannel(new SqliteWriter(database));
  const read = typeof replication === "function" ? replication : () => replication;
  const shared = {
    replication: read,
    catchUp: async () => undefined,
    unsure: () => undefined,
    nodes: async () => nodes,
  };
  return new SqliteStore(database, { url: "memory:", path: null, channel, shared }, {});
}
