import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type SharedPlace, SHARED_START } from "../../trust/port/shared-rows.ts";

/** How far a replica has read what machines share, and whether it has something to tell: by whichever process that was written. */
export class SharedReader {
  readonly #place: StatementSync;
  readonly #untold: StatementSync;

  constructor(database: DatabaseSync) {
    this.#place = database.prepare("SELECT epoch, revision, since FROM shared_place LIMIT 1");
    this.#untold = database.prepare("SELECT 1 FROM untold LIMIT 1");
  }

  place(): SharedPlace {
    const row = this.#place.get() as unknown as SharedPlace | undefined;
    return row === undefined ? SHARED_START : { ...row };
  }

  hasUntold(): boolean {
    return this.#untold.get() !== undefined;
  }
}
