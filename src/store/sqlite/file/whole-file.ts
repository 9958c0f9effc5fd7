import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { openSqliteFile } from "./sqlite-file.ts";

/** Whether a database is this machine's replica of what others have, too. */
export function isReplica(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM replica").get() !== undefined;
}

/**
 * Opens the store in a file that is all of it: what is written to a replica by itself would be known to no other machine.
 * Throws ERR_HANDCLASP_STORE_OPEN for one.
 */
export function openWholeFile(path: string): DatabaseSync {
  const database = openSqliteFile(path);
  if (!isReplica(database)) return database;
  database.close();
  throw new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `${path} is the replica of a store that several machines share`,
    { hint: "name the store itself: postgres://USER@HOST/DATABASE?replica=PATH" },
  );
}
