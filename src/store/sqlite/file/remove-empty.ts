import { randomUUID } from "node:crypto";
import { linkSync, rmSync, statSync } from "node:fs";
import { hasCode } from "../../../errors.ts";
import { openDatabase } from "../../../node-sqlite.ts";
import { leftOverLog, logBeside } from "./left-over-log.ts";

/**
 * Takes away a file without content. Of several processes that find it empty one does, and none takes away what another made in
 * its place. Throws ERR_HANDCLASP_STORE_OPEN where the last changes of a store lie beside it.
 */
export function removeEmpty(path: string): void {
  // By the file's own name SQLite would take away what lies beside it.
  const link = `${path}.${randomUUID()}`;
  try {
    linkSync(path, link);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return;
    throw error;
  }
  try {
    if (statSync(link).size === 0) removeLocked(path, link);
  } finally {
    rmSync(link);
  }
}

function removeLocked(path: string, link: string): void {
  const database = openDatabase(link, { timeout: LOCKED_MS });
  try {
    database.exec("BEGIN EXCLUSIVE");
    if (statSync(path, { throwIfNoEntry: false })?.ino !== statSync(link).ino) return;
    const log = logBeside(path);
    if (log !== undefined) throw leftOverLog(log);
    rmSync(path);
  } finally {
    database.close();
  }
}

/** Nobody holds it for longer than looking takes. */
const LOCKED_MS = 5000;
