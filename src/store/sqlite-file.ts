import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, linkSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../node-sqlite.ts";
import { pathToFileURL } from "node:url";
import { HandclaspError } from "../errors.ts";
import { createSchema, migrate, readSchema } from "./schema.ts";
import { toStoreError } from "./sqlite-errors.ts";

/** Below this a store is looked through for damage when it is opened; above, that would take too long. */
const QUICK_CHECK_MOST_BYTES = 32 * 1024 * 1024;

/** How long a writer waits for another process's transaction. */
const BUSY_MS = 5000;

/** What the write-ahead log shrinks to after a flood; as much as SQLite lets it grow between two checkpoints. */
const LOG_MOST_BYTES = 4 * 1024 * 1024;

/** The file's place on disk: another one means that somebody put another file there. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

/** Where a path leads now; undefined when there is nothing. */
export function fileIdentity(path: string): FileIdentity | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && { device: stat.dev, inode: stat.ino };
}

/**
 * Opens the trust store at a path, making it when nothing is there. Anything that is there and is not a sound
 * store of ours is an error and stays as it is: an empty one in its place would trust everybody anew.
 */
export function openSqliteFile(path: string): DatabaseSync {
  const what = `cannot open ${path}`;
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) createFile(path);
    else if (stat.isDirectory()) throw folderInstead(path);
    else if (stat.size === 0) throw emptyFile(path);
    else if (isLinked(path)) throw linkedFile(path);
    const database = connect(path);
    try {
      migrate(database);
      if (statSync(path).size <= QUICK_CHECK_MOST_BYTES) quickCheck(database, path);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, "ERR_HANDCLASP_STORE_OPEN", what, path);
  }
}

/** A connection with our settings, to a store that exists. A commit on it survives a loss of power. */
export function connect(path: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.searchParams.set("mode", "rw");
  const database = openDatabase(url, { timeout: BUSY_MS });
  readSchema(database);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536");
  database.exec(`PRAGMA journal_size_limit = ${LOG_MOST_BYTES}`);
  return database;
}

/** The damage in a database as SQLite words it, the first 20 and whether there is more; empty when it is sound. */
export function integrityProblems(
  database: DatabaseSync,
  check: "quick_check" | "integrity_check",
): string[] {
  const rows = database.prepare(`PRAGMA ${check}(${MOST_PROBLEMS + 1})`).all() as Record<string, string>[];
  const problems = rows.map((row) => row[check] ?? "").filter((problem) => problem !== "ok");
  return problems.length <= MOST_PROBLEMS
    ? problems
    : [...problems.slice(0, MOST_PROBLEMS), "and more: SQLite was not asked for all"];
}

const MOST_PROBLEMS = 20;

function quickCheck(database: DatabaseSync, path: string): void {
  const [problem] = integrityProblems(database, "quick_check");
  if (problem === undefined) return;
  throw new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `the trust store ${path} is damaged: ${problem}`, {
    hint: "restore it from a backup; do not delete it: all trust is in it",
  });
}

/** Made complete beside its place and then linked there: two processes that start at once share one store. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  closeSync(openSync(draft, "wx", 0o600));
  try {
    const database = openDatabase(draft);
    database.exec("PRAGMA synchronous = FULL");
    createSchema(database);
    database.close();
    chmodSync(draft, 0o600);
    linkSync(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Whether the file keeps a second name: while it is made it has one for a moment. */
function isLinked(path: string): boolean {
  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let looks = 0; looks < 20; looks++) {
    if ((statSync(path, { throwIfNoEntry: false })?.nlink ?? 1) === 1) return false;
    Atomics.wait(pause, 0, 0, 10);
  }
  return true;
}

/** Each name would have a write-ahead log of its own, and changes made under one would be lost under the other. */
function linkedFile(path: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `${path} has another name as well (a hard link)`, {
    hint: "remove the other name; to share a store, share its folder",
  });
}

function folderInstead(path: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `${path} is a folder: a trust store is a file`, {
    hint: `name a file in it: ${join(path, "trust.db")}`,
  });
}

function emptyFile(path: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `${path} is empty: a trust store never is`, {
    hint: "restore it from a backup, or remove the file if it was meant to become a new store",
  });
}
