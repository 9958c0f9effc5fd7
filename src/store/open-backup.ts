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
import { HandclaspError } from "../errors.ts";
import { StoreUrl } from "../trust/port/store-url.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { openReadOnlyFile, type ReadOnlyFile } from "./sqlite/file/read-only-file.ts";
import { realStorePath } from "./sqlite/file/real-store-path.ts";
import { SCHEMA } from "./sqlite/file/schema.ts";
import { toStoreError } from "./sqlite/file/sqlite-errors.ts";
import { integrityProblems, openSqliteFile } from "./sqlite/file/sqlite-file.ts";
import { SqliteStore } from "./sqlite/sqlite-store.ts";
import { NoChannel } from "./sqlite/writing/write-channel.ts";

/** Where SQLite has `user_version` in a file. https://www.sqlite.org/fileformat.html#user_version_number */
const VERSION_OFFSET = 60;

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
      const [problem] = integrityProblems(database, "quick_check");
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
  const problem = stat === undefined ? "there is no backup at" : "there is no trust store in";
  throw new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `${problem} ${path}`, {
    hint: "give a file that a backup was written to",
  });
}

/** Whatever stands there in another kind of file. */
function schemaOf(path: string): number {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(4);
    readSync(file, bytes, 0, 4, VERSION_OFFSET);
    return bytes.readUInt32BE();
  } finally {
    closeSync(file);
  }
}

function migratedCopy(path: string, folder: string): ReadOnlyFile {
  const copy = join(folder, "backup.db");
  copyFileSync(path, copy, constants.COPYFILE_FICLONE);
  return { database: openSqliteFile(copy), failure: () => undefined };
}

function damaged(path: string, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `the backup ${path} is damaged: ${problem}`, {
    hint: "nothing was changed; restore another backup",
  });
}
