import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type ReadRow, type SharedPlace, SHARED_START } from "../../trust/port/shared-rows.ts";

/** How far a replica has read what machines share, and whether it has something to tell: by whichever process that was written. */
export class SharedReader {
  readonly #place: StatementSync;
  readonly #untold: StatementSync;
  readonly #key: StatementSync;
  readonly #apiToken: StatementSync;

  constructor(database: DatabaseSync) {
    this.#place = database.prepare("SELECT epoch, revision, since FROM shared_place LIMIT 1");
    this.#untold = database.prepare("SELECT 1 FROM untold LIMIT 1");
    this.#key = database.prepare("SELECT 1 FROM keys WHERE pin = ?");
    this.#apiToken = database.prepare("SELECT 1 FROM api_tokens WHERE id = ?");
  }

  place(): SharedPlace {
    const row = this.#place.get() as unknown as SharedPlace | undefined;
    return row === undefined ? SHARED_START : { ...row };
  }

  hasUntold(): boolean {
    return this.#untold.get() !== undefined;
  }

  /** Whether it is a moment of what is not here: the log has not led to it yet, or it is gone. */
  lacks({ kind, key, value }: ReadRow): boolean {
    if (value === null) return false;
    if (kind === "seen" || kind === "looked") return this.#key.get(key) === undefined;
    return kind === "used" && this.#apiToken.get(key) === undefined;
  }
}
