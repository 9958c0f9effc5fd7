import { type ErrorCode, HandclaspError, isHandclaspError } from "../errors.ts";

/** https://www.sqlite.org/rescode.html, primary result codes. */
const CORRUPT = 11;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;
/** TOOBIG, CONSTRAINT, MISMATCH, RANGE: about the values of one statement. */
const OF_ONE_STATEMENT: ReadonlySet<number | undefined> = new Set([18, 19, 20, 25]);

/** What SQLite or the file system said, as our error; ours pass through. */
export function toStoreError(error: unknown, code: ErrorCode, what: string): HandclaspError {
  if (isHandclaspError(error)) return error;
  const said = error instanceof Error ? error.message : String(error);
  const result = resultCode(error);
  if (result === CORRUPT || result === NOT_A_DATABASE) {
    return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", `${what}: the trust store is damaged: ${said}`, {
      hint: "restore it from a backup (handclasp store backup makes them); do not delete it: all trust is in it",
      cause: error,
    });
  }
  if (result === CANNOT_OPEN) {
    return new HandclaspError("ERR_HANDCLASP_STORE_OPEN", `${what}: ${said}`, {
      hint: "look at the path and at who may read and write it",
      cause: error,
    });
  }
  if (error instanceof Error && "code" in error && error.code === "EEXIST") {
    const hint = "a file that is there is not replaced: give another path";
    return new HandclaspError(code, `${what}: ${said}`, { hint, cause: error });
  }
  return new HandclaspError(code, `${what}: ${said}`, { cause: error });
}

/** Whether something else may be written all the same: nothing failed but what one statement, or we, made of values. */
export function isAboutOneStatement(error: unknown): boolean {
  const result = resultCode(error);
  return result === undefined || OF_ONE_STATEMENT.has(result);
}

function resultCode(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode & 0xff : undefined;
}
