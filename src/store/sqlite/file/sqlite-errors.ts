import {
  type ErrorCode,
  HandclaspError,
  type HandclaspErrorOptions,
  isHandclaspError,
  reasonOf,
} from "../../../errors.ts";

const RESTORE = "restore it from a backup; do not delete it: all trust is in it";
const RIGHTS = "look at the path and at who may read and write the file and its folder";
const SPACE = "free space on its disk, or raise the quota: known clients go on, nobody new is met meanwhile";
const DISK = "look at the system's log for what its disk says, and at limits on the size of files";
const FILES = "raise the limit on open files (ulimit -n)";
const HELD = "end the process that holds its lock, or the program that has it open for a long time";
const MOVED = "the file was moved or removed: put it back, or restart";

/** What SQLite's primary result codes are called, and what to do. https://www.sqlite.org/rescode.html */
const RESULTS: Readonly<Record<number, readonly [name: string, hint?: string]>> = {
  1: ["SQLITE_ERROR"],
  3: ["SQLITE_PERM", RIGHTS],
  5: ["SQLITE_BUSY", HELD],
  6: ["SQLITE_LOCKED", HELD],
  7: ["SQLITE_NOMEM", "there is no memory left"],
  8: ["SQLITE_READONLY", RIGHTS],
  10: ["SQLITE_IOERR", DISK],
  11: ["SQLITE_CORRUPT", RESTORE],
  13: ["SQLITE_FULL", SPACE],
  14: ["SQLITE_CANTOPEN", RIGHTS],
  15: ["SQLITE_PROTOCOL", HELD],
  18: ["SQLITE_TOOBIG"],
  19: ["SQLITE_CONSTRAINT"],
  20: ["SQLITE_MISMATCH"],
  22: ["SQLITE_NOLFS", DISK],
  23: ["SQLITE_AUTH", RIGHTS],
  25: ["SQLITE_RANGE"],
  26: ["SQLITE_NOTADB", RESTORE],
};

/** Where what to do is not what the primary code says. */
const EXTENDED: Readonly<Record<number, readonly [name: string, hint: string]>> = {
  1032: ["SQLITE_READONLY_DBMOVED", MOVED],
  1544: ["SQLITE_READONLY_DIRECTORY", RIGHTS],
  3082: ["SQLITE_IOERR_NOMEM", "there is no memory left"],
};

/** What to do about what the file system says. */
const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  EROFS: RIGHTS,
  ENOENT: RIGHTS,
  ENOTDIR: RIGHTS,
  ELOOP: RIGHTS,
  ENOSPC: SPACE,
  EDQUOT: SPACE,
  EFBIG: DISK,
  EIO: DISK,
  EMFILE: FILES,
  ENFILE: FILES,
  EEXIST: "a file that is there is not replaced: give another path",
};

const CORRUPT = 11;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;
const PRIMARY_KEY = 1555;
const UNIQUE = 2067;
/** TOOBIG, CONSTRAINT, MISMATCH, RANGE: about the values of one statement. */
const OF_ONE_STATEMENT: ReadonlySet<number | undefined> = new Set([18, 19, 20, 25]);

/** What SQLite or the file system said, as our error, with its code, the file and what to do; ours pass through. */
export function toStoreError(
  error: unknown,
  code: ErrorCode,
  what: string,
  path: string | null = null,
): HandclaspError {
  if (isHandclaspError(error)) return error;
  const extended = resultCode(error);
  const result = extended === undefined ? undefined : extended & 0xff;
  const { name, hint } = meaningOf(error, extended);
  const said = reasonOf(error);
  const where = path === null || what.includes(path) ? what : `${what} ${path}`;
  const options: HandclaspErrorOptions = {
    ...(hint !== undefined && { hint }),
    cause: error,
    details: {
      ...(path !== null && { path }),
      ...(name !== undefined && { reason: name }),
      ...(extended !== undefined && { errcode: extended }),
    },
  };
  const because = name === undefined ? said : `${said} [${name}]`;
  if (result === CORRUPT || result === NOT_A_DATABASE) {
    const damaged = `${where}: the trust store is damaged: ${because}`;
    return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", damaged, options);
  }
  const ours = result === CANNOT_OPEN ? "ERR_HANDCLASP_STORE_OPEN" : code;
  return new HandclaspError(ours, `${where}: ${because}`, options);
}

/** Whether something else may be written all the same: nothing failed but what one statement, or we, made of values. */
export function isAboutOneStatement(error: unknown): boolean {
  const extended = resultCode(error);
  return extended === undefined || OF_ONE_STATEMENT.has(extended & 0xff);
}

/** Whether a row was not written since there is one already that is called so. */
export function isTakenAlready(error: unknown): boolean {
  return resultCode(error) === PRIMARY_KEY || resultCode(error) === UNIQUE;
}

function meaningOf(error: unknown, extended: number | undefined): { name?: string; hint?: string } {
  if (extended !== undefined) {
    const [name, hint] = EXTENDED[extended] ?? RESULTS[extended & 0xff] ?? [`SQLite ${extended}`];
    return { name, ...(hint !== undefined && { hint }) };
  }
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return {};
  // The file system's own messages begin with the code.
  const hint = SYSTEM_HINTS[String(error.code)];
  return hint === undefined ? {} : { hint };
}

/** The extended result code. */
function resultCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode : undefined;
}
