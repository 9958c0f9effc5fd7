import { chmodSync, closeSync, openSync, rmSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { openDatabase } from "../../../node-sqlite.ts";
import { isReplica } from "./whole-file.ts";
import { toStoreError } from "./sqlite-errors.ts";
import { connect } from "./sqlite-file.ts";

/**
 * Copies a database into a new private file, by a connection of its own where it lies at a path; what fails leaves none.
 * Throws ERR_HANDCLASP_STORE_WRITE, and ERR_HANDCLASP_STORE_READ.
 */
export function backUp(database: DatabaseSync, path: string | null, to: string): void {
  if (path === null) return copyInto(database, to);
  const source = connected(path);
  try {
    copyInto(source, to);
  } finally {
    source.close();
  }
}

function connected(path: string): DatabaseSync {
  try {
    return connect(path);
  } catch (error) {
    throw toStoreError(error, "ERR_HANDCLASP_STORE_READ", "cannot read the trust store", path);
  }
}

function copyInto(database: DatabaseSync, path: string): void {
  let made = false;
  try {
    closeSync(openSync(path, "wx", 0o600));
    made = true;
    database.prepare("VACUUM INTO ?").run(path);
    chmodSync(path, 0o600);
    if (isReplica(database)) ownedByNobody(path);
  } catch (error) {
    if (made) rmSync(path, { force: true });
    throw toStoreError(error, "ERR_HANDCLASP_STORE_WRITE", `cannot write the backup ${path}`, path);
  }
}

/** A copy of a replica is not this machine, and nobody goes on from it. */
function ownedByNobody(path: string): void {
  const copy = openDatabase(path);
  try {
    copy.exec("DELETE FROM replica");
  } finally {
    copy.close();
  }
}
