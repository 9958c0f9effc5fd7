import {
  closeSync,
  constants,
  copyFileSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../errors.ts";
import { StoreUrl } from "../trust/port/store-url.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { openReadOnlyFile, type ReadOnlyFile } from "./sqlite/file/read-only-file.ts";
import { realStorePath } from "./sqlite/file/real-store-path.ts";
import { APPLICATION_ID, SCHEMA } from "./sqlite/file/schema.ts";
import { toStoreError } from "./sqlite/file/sqlite-errors.ts";
import { integrityProblems, openSqliteFile } from "./sqlite/file/sqlite-file.ts";
import { SqliteStore } from "./sqlite/sqlite-store.ts";
import { NoChannel } from "./sqlite/writing/write-channel.ts";

/** How a file of SQLite begins, and where in it `user_version` and `application_id` are. https://www.sqlite.org/fileformat.html */
const MAGIC = "SQLite format 3\0";
const HEADER_BYTES = 100;
const VERSION_OFFSET = 60;
const APPLICATION_OFFSET = 68;

/** A backup that is read. */
export interface Backup extends AsyncDisposable {
  readonly store: TrustStore;
}

/**
 * Opens what `backup` of a store wrote, and leaves it as it is: one of an older schema is brought to this one in a private
 * copy. Throws ERR_HANDCLASP_STORE_* for anything else than a sound store.
 */
export function openBackup(path: string): Backup {
  const real = realStorePath(path);
  try {
    mustBeFile(real);
    const schema = schemaOf(real);
    const copy = schema > 0 && schema < SCHEMA ? mkdtempSync(join(tmpdir(), "handclasp-backup-")) : null;
    try {
      const { database, failure } = copy === null ? openReadOnlyFile(real) : migratedCopy(real, copy);
      // Lists are read by indexes, and the audit reads tables: what a quick check takes for sound may say two things.
      const problem = strangeTable(database) ?? integrityProblems(database, "integrity_check")[0];
      if (problem !== undefined) {
        database.close();
        throw damaged(path, problem);
      }
      const file = { url: String(StoreUrl.sqlite(path)), path: null, channel: new NoChannel(real), failure };
      const store = new SqliteStore(database, file, { readOnly: true });
      const close = async (): Promise<void> => {
        await store.close();
        remove(copy);
      };
      return { store, [Symbol.asyncDispose]: close };
    } catch (error) {
      remove(copy);
      throw error;
    }
  } catch (error) {
    throw toStoreError(error, "ERR_HANDCLASP_STORE_OPEN", `cannot open the backup ${path}`, path);
  }
}

function remove(folder: string | null): void {
  if (folder !== null) rmSync(folder, { recursive: true, force: true });
}

function mustBeFile(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true && stat.size > 0) return;
  throw unlike(stat === undefined ? "there is no backup at" : "there is no trust store in", path);
}

function unlike(problem: string, path: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `${problem} ${path}`, {
    hint: "give a file that a backup was written to",
  });
}

/** Throws ERR_HANDCLASP_STORE_OPEN for what was never a store of ours. */
function schemaOf(path: string): number {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    readSync(file, bytes, 0, HEADER_BYTES, 0);
    if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) throw unlike("there is no trust store in", path);
    if (bytes.readUInt32BE(APPLICATION_OFFSET) !== APPLICATION_ID)
      throw unlike("there is another kind of database, and no trust store, in", path);
    return bytes.readUInt32BE(VERSION_OFFSET);
  } finally {
    closeSync(file);
  }
}

function migratedCopy(path: string, folder: string): ReadOnlyFile {
  const copy = join(folder, "backup.db");
  copyFileSync(path, copy, constants.COPYFILE_FICLONE);
  return { database: openSqliteFile(copy), failure: () => undefined };
}

/** What answers as it likes whenever it is asked: in a store of ours, all that is read is kept in tables. */
function strangeTable(database: DatabaseSync): string | undefined {
  const all = database.prepare("PRAGMA table_list").all() as { schema: string; name: string; type: string }[];
  const strange = all.find(({ schema, type }) => schema === "main" && type !== "table");
  return strange && `its ${strange.name} is a ${strange.type}, and no table`;
}

function damaged(path: string, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `the backup ${path} is damaged: ${problem}`, {
    hint: "nothing was changed; restore another backup",
  });
}
