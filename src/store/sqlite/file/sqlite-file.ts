import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, existsSync, linkSync, openSync, rmSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../node-sqlite.ts";
import { pathToFileURL } from "node:url";
import { HandclaspError, hasCode } from "../../../errors.ts";
import { leftOverLog, logBeside } from "./left-over-log.ts";
import { makeFolderOf } from "./made-folder.ts";
import { cannotBeWritten, openReadOnlyFile, type ReadOnlyFile, whyNotWritable } from "./read-only-file.ts";
import { createSchema, migrate, readSchema } from "./schema.ts";
import { toStoreError } from "./sqlite-errors.ts";

/** Below this a store is looked through for damage when it is opened; above, that would take too long. */
const QUICK_CHECK_MOST_BYTES = 32 * 1024 * 1024;

/** How long a writer waits for another process's transaction. */
export const BUSY_MS = 5000;

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
  return opening(path, () => {
    for (let tries = 1; ; tries++) {
      if (!isThere(path)) createFile(path);
      const database = openSame(path, tries === MOST_TRIES);
      if (database !== undefined) return database;
    }
  });
}

/** As often it may be that whoever made a store takes it away, unused, while it is opened here. */
const MOST_TRIES = 10;

/** Undefined where it went meanwhile, or another one came in its place. */
function openSame(path: string, isLast: boolean): DatabaseSync | undefined {
  const there = fileIdentity(path);
  const isSame = (): boolean => {
    const now = fileIdentity(path);
    return now !== undefined && now.inode === there?.inode && now.device === there.device;
  };
  try {
    const reason = whyNotWritable(path);
    if (reason !== undefined) throw cannotBeWritten(path, reason);
    const database = sound(connect(path), path);
    if (isSame() || isLast) return database;
    database.close();
  } catch (error) {
    if (isSame() || isLast) throw error;
  }
  return undefined;
}

/** Opens a store that is there for reading alone; where it cannot be written, nothing is, beside it neither. */
export function openToRead(path: string): ReadOnlyFile {
  return opening(path, () => {
    if (!isThere(path)) throw missingFile(path);
    if (whyNotWritable(path) === undefined)
      return { database: sound(connect(path), path), failure: () => undefined };
    const file = openReadOnlyFile(path);
    return { ...file, database: sound(file.database, path) };
  });
}

/** Does what opens a store at a path, with what SQLite or the file system says as an error of ours. */
export function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw toStoreError(error, "ERR_HANDCLASP_STORE_OPEN", `cannot open ${path}`, path);
  }
}

/** False when there is nothing; throws when it is something else than a store of ours can be. */
function isThere(path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return false;
  if (!stat.isFile()) throw noFile(path, stat);
  if (stat.size === 0) throw emptyFile(path);
  if (isLinked(path)) throw linkedFile(path);
  return true;
}

/** Closed again when it is not, or is too old to be read as it is. */
function sound(database: DatabaseSync, path: string): DatabaseSync {
  try {
    migrate(database);
    if (statSync(path).size <= QUICK_CHECK_MOST_BYTES) quickCheck(database, path);
    return database;
  } catch (error) {
    database.close();
    throw error;
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
  const log = logBeside(path);
  // Another process that has just made the store may have written to it.
  if (log !== undefined && !existsSync(path)) throw leftOverLog(log);
  makeFolderOf(path);
  const draft = `${path}.${randomUUID()}`;
  closeSync(openSync(draft, "wx", 0o600));
  try {
    const database = openDatabase(draft);
    database.exec("PRAGMA synchronous = FULL");
    createSchema(database);
    // Of two processes that turn to it at once, the one would not wait for the other.
    database.exec("PRAGMA journal_mode = WAL");
    database.close();
    chmodSync(draft, 0o600);
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
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

function noFile(path: string, stat: Stats): HandclaspError {
  return new HandclaspError(
    "ERR_HANDCLASP_STORE_OPEN",
    `${path} is ${kindOf(stat)}: a trust store is a file`,
    {
      hint: stat.isDirectory() ? `name a file in it: ${join(path, "trust.db")}` : "give the path of a file",
    },
  );
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return "a folder";
  if (stat.isSocket()) return "a socket";
  return stat.isFIFO() ? "a named pipe" : "a device";
}

function missingFile(path: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `there is no trust store at ${path}`, {
    hint: "look at the path: one that is only read is not made",
  });
}

function emptyFile(path: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `${path} is empty: a trust store never is`, {
    hint: "restore it from a backup, or remove the file if it was meant to become a new store",
  });
}
