import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { HandclaspError } from "../../errors.ts";
import { openDatabase } from "../../node-sqlite.ts";
import { hasContent } from "../sqlite/file/left-over-log.ts";
import { removeEmpty } from "../sqlite/file/remove-empty.ts";
import { openReadOnlyFile, whyNotWritable } from "../sqlite/file/read-only-file.ts";
import { readSchema } from "../sqlite/file/schema.ts";
import { BUSY_MS, opening } from "../sqlite/file/sqlite-file.ts";

/**
 * Sees that following a log in a file writes over nothing but a replica, before anything is written there; a file without
 * content is taken away. Throws ERR_HANDCLASP_STORE_* for all else that is there, and for what cannot be read.
 */
export function mustBeReplica(path: string): void {
  opening(path, () => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isFile() !== true) return;
    if (stat.size === 0) return removeEmpty(path);
    const database = openAsItIs(path);
    try {
      mustNotBeOfItsOwn(database, path);
    } finally {
      database.close();
    }
  });
}

/** The same of a database that is open, for whoever makes a replica of it. Throws ERR_HANDCLASP_STORE_OPEN. */
export function mustNotBeOfItsOwn(database: DatabaseSync, path: string | null = database.location()): void {
  if (isOfItsOwn(database)) throw ofItsOwn(path ?? "what is in memory");
}

/** Waits for whoever closes it: what cannot be read now may be a store of its own all the same. */
function openAsItIs(path: string): DatabaseSync {
  if (whyNotWritable(path) !== undefined) return openReadOnlyFile(path).database;
  const url = pathToFileURL(path);
  // SQLite would make files beside one that nobody writes to.
  url.search = hasContent(`${path}-wal`) ? "mode=ro" : "mode=ro&immutable=1";
  const database = openDatabase(url, { readOnly: true, timeout: BUSY_MS });
  try {
    readSchema(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
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
