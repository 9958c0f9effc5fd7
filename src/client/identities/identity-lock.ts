import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../node-sqlite.ts";
import { HandclaspError, hasCode, reasonOf } from "../../errors.ts";

/**
 * Runs while nobody else, in whichever process, changes the identity in this file. The lock is SQLite's on an empty file
 * beside it: the system takes it back from a process that dies. Throws ERR_HANDCLASP_IDENTITY when another has it.
 */
export async function withIdentityLock<T>(file: string, run: () => Promise<T>): Promise<T> {
  const path = `${file}.lock`;
  const lock = openLock(path, file);
  try {
    return await run();
  } finally {
    lock.close();
  }
}

function openLock(path: string, file: string): DatabaseSync {
  let lock: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    createPrivately(path);
    lock = openDatabase(path, { timeout: 0 });
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock?.close();
    const isHeld = error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY;
    throw new HandclaspError(
      "ERR_HANDCLASP_IDENTITY",
      isHeld
        ? `another process is changing ${file} at this moment`
        : `cannot lock ${file}: ${reasonOf(error)}`,
      { hint: isHeld ? "look at what it came to" : "look at who may write the folder", cause: error },
    );
  }
}

const SQLITE_BUSY = 5;

/** A descriptor of a file that is there already is never closed here: that would drop our own process's lock on it. */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600));
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  }
}
