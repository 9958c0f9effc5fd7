import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyPin } from "../../../trust/records/key-record.ts";
import type { KeyMarks } from "../tables/key-marks.ts";
import { rankOf } from "./shared-kinds.ts";

const RANK = rankOf("waiting");

/**
 * Which keys wait at this machine, and that others are to be told of those that were written. No triggers: with one, SQLite
 * keeps each page that a row is written to as it was.
 */
export class WaitingMarks implements KeyMarks {
  readonly #isHere: StatementSync;
  readonly #put: StatementSync;
  readonly #mark: StatementSync;

  constructor(database: DatabaseSync) {
    this.#isHere = database.prepare("SELECT 1 FROM waiting_at WHERE pin = ? AND node = ''");
    this.#put = database.prepare(
      "INSERT INTO waiting_at SELECT ?, '' WHERE NOT EXISTS (SELECT 1 FROM waiting_at WHERE pin = ?)",
    );
    this.#mark = database.prepare(
      `INSERT INTO untold (rank, key, is_new) VALUES (${RANK}, ?, ?)
         ON CONFLICT (rank, key) DO UPDATE SET mark = mark + 1`,
    );
  }

  /** It waits here, unless it came to another machine and waits there. Until others are told of it, its end is nothing to tell. */
  waits(pin: KeyPin): void {
    const { changes } = this.#put.run(pin, pin);
    if (changes > 0) this.#mark.run(pin, 1);
    else this.written(pin);
  }

  /** Others are told, if it is one that waits here, or did: it may not any more. */
  written(pin: KeyPin): void {
    if (this.#isHere.get(pin) !== undefined) this.#mark.run(pin, 0);
  }
}
