import type { DatabaseSync, DatabaseSyncOptions } from "node:sqlite";

/** A database of `node:sqlite`, which is asked for when it is needed: an import of it would end an older Node without a word. */
export function openDatabase(path: string | URL, options: DatabaseSyncOptions = {}): DatabaseSync {
  const sqlite = process.getBuiltinModule("node:sqlite");
  return new sqlite.DatabaseSync(path, options);
}
