import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyPin } from "../../../trust/records/key-record.ts";

/** Notices which keys are barred on this machine alone, by whichever process. */
export class BarFeed {
  readonly #newest: StatementSync;
  readonly #added: StatementSync;
  #told: number;

  constructor(database: DatabaseSync) {
    this.#newest = database.prepare("SELECT ifnull(max(number), 0) AS number FROM later");
    this.#added = database.prepare("SELECT DISTINCT pin FROM bars JOIN later USING (id) WHERE number > ?");
    this.#told = this.#read();
  }

  /** Those that came since this was asked last. */
  added(): readonly KeyPin[] {
    const newest = this.#read();
    if (newest <= this.#told) return [];
    const pins = this.#added.all(this.#told).map(({ pin }) => pin as KeyPin);
    this.#told = newest;
    return pins;
  }

  #read(): number {
    return Number(this.#newest.get()?.["number"]);
  }
}
