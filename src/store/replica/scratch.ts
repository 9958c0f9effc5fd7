import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { openDatabase } from "../../node-sqlite.ts";
import { createSchema } from "../sqlite/file/schema.ts";
import { connect, openSqliteFile } from "../sqlite/file/sqlite-file.ts";
import { SqliteWriter } from "../sqlite/writing/sqlite-writer.ts";
import { DirectChannel, ThreadChannel, type WriteChannel } from "../sqlite/writing/write-channel.ts";

/** An empty replica beside another one, which is gone when it is closed. */
export interface Scratch {
  /** What SQLite attaches. */
  readonly uri: string;
  readonly database: DatabaseSync;
  readonly channel: WriteChannel;
  close(): Promise<void>;
}

/** Undefined while another process has the one beside this replica. */
export type OpenScratch = () => Scratch | undefined;

/** For replicas in memory. */
export function openMemoryScratch(): Scratch {
  const uri = `file:/handclasp-${randomUUID()}?vfs=memdb`;
  const database = openDatabase(uri);
  createSchema(database);
  const channel = new DirectChannel(new SqliteWriter(database));
  return { uri, database, channel, close: async () => database.close() };
}

/** For a replica at a path. A process that ends, however it does, gives its place to the next one. */
export function openScratchBeside(path: string): Scratch | undefined {
  const lock = tryLock(`${path}.anew-lock`);
  if (lock === undefined) return undefined;
  const anew = `${path}.anew`;
  const remove = (): void => {
    for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${anew}${end}`, { force: true });
  };
  try {
    // What is there was left by one that was killed.
    remove();
    openSqliteFile(anew).close();
    const database = connect(anew);
    const channel = new ThreadChannel(anew);
    const close = async (): Promise<void> => {
      await channel.close();
      database.close();
      remove();
      lock.close();
    };
    return { uri: pathToFileURL(anew).href, database, channel, close };
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Locks of SQLite end with their process. */
function tryLock(path: string): DatabaseSync | undefined {
  const lock = openDatabase(path, { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch {
    lock.close();
    return undefined;
  }
}
