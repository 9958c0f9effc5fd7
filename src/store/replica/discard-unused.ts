import { existsSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { openDatabase } from "../../node-sqlite.ts";
import { makeFolderOf } from "../sqlite/file/made-folder.ts";

/**
 * Is called before the file of a store is made, where there is none yet, and makes its folder. Returns what to call when the
 * store is closed: what was made goes again, if it never had anything, of its own or of a log, and nobody else has it open.
 */
export function discarding(path: string): () => void {
  const isMade = !existsSync(path);
  const takeFolder = makeFolderOf(path);
  return () => {
    if (isMade) discardUnused(path);
    takeFolder();
  };
}

function discardUnused(path: string): void {
  try {
    const url = pathToFileURL(path);
    url.search = "mode=rw";
    const database = openDatabase(url);
    try {
      if (!isUnused(database)) return;
      // Whoever does not have it open by now waits for the end of this.
      database.exec(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE",
      );
      if (!isUnused(database)) return;
      // The file last: once it is gone, what lies beside its place is another one's.
      for (const end of ["-wal", "-shm", "-journal", ""]) rmSync(`${path}${end}`, { force: true });
    } finally {
      database.close();
    }
  } catch {
    // Somebody has it open, or it cannot be written: what is empty does no harm.
  }
}

function isUnused(database: DatabaseSync): boolean {
  return database.prepare(UNUSED).get() !== undefined;
}

const UNUSED = `SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM replica WHERE up_to_date_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM log_place) AND NOT EXISTS (SELECT 1 FROM keys) AND NOT EXISTS (SELECT 1 FROM events)`;
