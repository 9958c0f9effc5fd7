import type { DatabaseSync } from "node:sqlite";
import type { Exchanged } from "../../../trust/port/shared-rows.ts";
import { type IgnoredRow, RowTaker, type TakenBy } from "./take-rows.ts";
import { RowTeller, type UntoldRow } from "./tell-rows.ts";
import { UntoldMarks } from "./untold-marks.ts";

/** What of the exchange with other machines is written here; inside the caller's transaction. */
export class SharedWriter {
  readonly #marks: UntoldMarks;
  readonly #teller: RowTeller;
  readonly #taker: RowTaker;

  /** From now on what this connection writes is marked. */
  constructor(database: DatabaseSync) {
    this.#marks = new UntoldMarks(database);
    this.#teller = new RowTeller(database);
    this.#taker = new RowTaker(database, this.#teller);
  }

  /** Carries out what the log says, which no machine has to tell another. */
  told<T>(run: () => T): T {
    return this.#marks.during("told", run);
  }

  untold(most: number, machine: string): readonly UntoldRow[] {
    return this.#teller.untold(most, machine);
  }

  /** Others were told, and this is what they told. */
  exchanged(told: readonly UntoldRow[], exchanged: Exchanged, by: TakenBy): readonly IgnoredRow[] {
    this.#teller.told(told);
    return this.#marks.during("taken", () => this.#taker.take(exchanged, by));
  }
}
