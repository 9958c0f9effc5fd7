import { rmSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { HandclaspError } from "../../errors.ts";
import { openDatabase } from "../../node-sqlite.ts";
import { readSchema } from "../sqlite/file/schema.ts";

/**
 * Sees that following a log in a file writes over nothing but a replica, before anything is written there; a file without
 * content is taken away. What no store of ours is, is for whoever opens it. Throws ERR_HANDCLASP_STORE_OPEN.
 */
export function mustBeReplica(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true) return;
  if (stat.size === 0) return rmSync(path, { force: true });
  const database = openAsItIs(path);
  if (database === undefined) return;
  try {
    if (isOfItsOwn(database)) throw ofItsOwn(path);
  } finally {
    database.close();
  }
}

/** Undefined for what is no store of ours, or cannot be read. */
function openAsItIs(path: string): DatabaseSync | undefined {
  const url = pathToFileURL(path);
  // SQLite would make files beside one that nobody writes to.
  const isWritten = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  url.search = isWritten ? "mode=ro" : "mode=ro&immutable=1";
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase(url, { readOnly: true });
    readSchema(database);
    return database;
  } catch {
    database?.close();
    return undefined;
  }
}

/** Whether something was decided there, or is wanted there, that is no replica's. One that was only made has nothing. */
function isOfItsOwn(database: DatabaseSync): boolean {
  const rows = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
  const tables = new Set(rows.map(({ name }) => String(name)));
  const has = (table: string, where = "true"): boolean =>
    tables.has(table) &&
    database.prepare(`SELECT 1 FROM ${table} WHERE ${where} LIMIT 1`).get() !== undefined;
  if (has("replica")) return false;
  return has("keys") || has("events") || has("tokens") || has("api_tokens") || has("settings", SHARED);
}

/** Which server runs where, and what was dropped there, is written by each that starts. */
const SHARED = "name NOT LIKE 'dropped-%' AND name <> 'server' AND name NOT LIKE 'server:%'";

function ofItsOwn(path: string): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `${path} is a trust store of its own, or a backup, and no replica: nothing in it was changed`,
    {
      hint: "give another path for the replica, of a file that need not be there (replica=PATH in the URL)",
      remedies: [{ act: "open-another-store", at: "server" }],
      details: { path },
    },
  );
}
