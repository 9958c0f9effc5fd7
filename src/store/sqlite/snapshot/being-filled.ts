import type { DatabaseSync } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import { toStoreError } from "../file/sqlite-errors.ts";

/** Whether a snapshot is being taken in: nothing of it counts until all is there, and indexes may be missing until then. */
export function isBeingFilled(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM snapshot_load").get() !== undefined;
}

/** What cannot be done until then is refused with it. */
export function beingFilled(cause?: unknown): HandclaspError {
  const message = "this replica is being filled from a snapshot: nothing of it counts until all is there";
  return new HandclaspError("ERR_HANDCLASP_STORE_READ", message, { cause });
}

/** What a reader is told whose statement failed. */
export function toReadError(database: DatabaseSync, error: unknown, path: string | null): HandclaspError {
  const read = toStoreError(error, "ERR_HANDCLASP_STORE_READ", "cannot read the trust store", path);
  return read.message.includes("no such index") && isBeingFilled(database) ? beingFilled(error) : read;
}
