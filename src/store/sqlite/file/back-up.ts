import { chmodSync, closeSync, openSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { toStoreError } from "./sqlite-errors.ts";

/** Copies a database into a new private file; what fails leaves none. Throws ERR_HANDCLASP_STORE_WRITE. */
export function backUp(database: DatabaseSync, path: string): void {
  let made = false;
  try {
    closeSync(openSync(path, "wx", 0o600));
    made = true;
    database.prepare("VACUUM INTO ?").run(path);
    chmodSync(path, 0o600);
  } catch (error) {
    if (made) rmSync(path, { force: true });
    throw toStoreError(error, "ERR_HANDCLASP_STORE_WRITE", `cannot write the backup ${path}`, path);
  }
}
