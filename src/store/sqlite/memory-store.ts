import { openDatabase } from "../../node-sqlite.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { createSchema } from "./file/schema.ts";
import { SqliteStore } from "./sqlite-store.ts";
import type { StoreOptions } from "./store-options.ts";

/** A store that is gone with its process: for tests and throw-away servers. */
export function openMemoryStore(options: StoreOptions = {}): TrustStore {
  const database = openDatabase(":memory:");
  createSchema(database);
  return new SqliteStore(database, null, options);
}
