import { accessSync, constants, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { HandclaspError, toError } from "../../../errors.ts";
import { openDatabase } from "../../../node-sqlite.ts";
import { readSchema, SCHEMA } from "./schema.ts";

/** A store that is read where nothing can be written. */
export interface ReadOnlyFile {
  readonly database: DatabaseSync;
  /** Whether what was read may not be what is there by now. */
  readonly failure: () => HandclaspError | undefined;
}

/** Why nobody like us can write a store, as the system says it; undefined when it can be written. */
export function whyNotWritable(path: string): Error | undefined {
  return notWritable(path) ?? notWritable(dirname(path));
}

/** What writing is refused with. */
export function cannotBeWritten(path: string, cause: Error): HandclaspError {
  const problem = `the trust store ${path} cannot be written: ${cause.message}`;
  return new HandclaspError("ERR_HANDCLASP_STORE_WRITE", problem, {
    hint: "it can be read, but not changed: have its file and its folder writable, or copy it to where it can be written",
    cause,
    details: { path },
  });
}

/**
 * Opens a store that cannot be written. SQLite reads a write-ahead log only through its index, the -shm file, which it
 * makes where there is none. https://www.sqlite.org/wal.html#read_only_databases
 */
export function openReadOnlyFile(path: string): ReadOnlyFile {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  const index = statSync(`${path}-shm`, { throwIfNoEntry: false });
  if (log !== undefined && index !== undefined) {
    for (const file of [`${path}-wal`, `${path}-shm`]) accessSync(file, constants.R_OK);
    return { database: open(path, "mode=ro"), failure: () => undefined };
  }
  if (log !== undefined && log.size > 0) throw logWithoutIndex(path);
  const before = stateOf(path);
  return {
    database: open(path, "mode=ro&immutable=1"),
    failure: () => (stateOf(path) === before ? undefined : writtenMeanwhile(path)),
  };
}

function open(path: string, how: string): DatabaseSync {
  const url = pathToFileURL(path);
  url.search = how;
  const database = openDatabase(url, { readOnly: true });
  try {
    const schema = readSchema(database);
    if (schema < SCHEMA) throw outdated(path, schema);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function notWritable(path: string): Error | undefined {
  try {
    accessSync(path, constants.W_OK);
    return undefined;
  } catch (error) {
    return toError(error);
  }
}

/** Changes whenever somebody writes, who can do what we cannot. */
function stateOf(path: string): string {
  const states = [path, `${path}-wal`].map((file) => {
    const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
    return `${stat?.ino} ${stat?.size} ${stat?.mtimeNs}`;
  });
  return states.join();
}

function logWithoutIndex(path: string): HandclaspError {
  const problem = `the last changes of the trust store ${path} are in ${path}-wal, which cannot be read where nothing can be written`;
  return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", problem, {
    hint: "copy both files into a folder that can be written, and read it there",
  });
}

function outdated(path: string, schema: number): HandclaspError {
  const problem = `the trust store ${path} has schema ${schema}, and to bring it to ${SCHEMA} it has to be written`;
  return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", problem, {
    hint: "copy it into a folder that can be written, and read it there",
  });
}

function writtenMeanwhile(path: string): HandclaspError {
  const problem = `the trust store ${path} was written while it was read`;
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", problem, { hint: "read it once more" });
}
