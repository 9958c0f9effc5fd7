import { rmSync } from "node:fs";
import { openDatabase } from "../../node-sqlite.ts";

/** Takes away the file of a replica that never had anything of its log, unless somebody else has it open. */
export function discardUnused(path: string): void {
  try {
    const database = openDatabase(path);
    try {
      // Whoever does not have it open by now waits for the end of this.
      database.exec(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE",
      );
      if (database.prepare(UNUSED).get() === undefined) return;
      for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${path}${end}`, { force: true });
    } finally {
      database.close();
    }
  } catch {
    // Somebody has it open, or it cannot be written: what is empty does no harm.
  }
}

const UNUSED = `SELECT 1 FROM replica WHERE up_to_date_at IS NULL AND NOT EXISTS (SELECT 1 FROM log_place)
  AND NOT EXISTS (SELECT 1 FROM keys) AND NOT EXISTS (SELECT 1 FROM events)`;
