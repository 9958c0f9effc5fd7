import type { DatabaseSync, StatementSync } from "node:sqlite";
import { RowSum } from "./row-sum.ts";

interface Entry {
  readonly row: string;
  readonly came: boolean;
}

/** What one transaction does to the rows that count in the digest. Whoever takes something back says so. */
export class RowJournal {
  readonly #sum: StatementSync;
  readonly #put: StatementSync;
  #entries: Entry[] = [];

  constructor(database: DatabaseSync) {
    this.#sum = database.prepare("SELECT sum FROM decided_sum");
    this.#put = database.prepare("UPDATE decided_sum SET sum = ?");
  }

  /** Where it stands, for `takeBack`. */
  get mark(): number {
    return this.#entries.length;
  }

  /** A row, as `decided-row.ts` has it, is another; undefined for none. */
  note(before: string | undefined, after: string | undefined): void {
    if (before === after) return;
    if (before !== undefined) this.#entries.push({ row: before, came: false });
    if (after !== undefined) this.#entries.push({ row: after, came: true });
  }

  /** Nothing that was noted since then was done. */
  takeBack(mark: number): void {
    this.#entries.length = mark;
  }

  /** Counts it in, inside of the transaction that it is about: with that, it is kept or gone. */
  keep(): void {
    if (this.#entries.length === 0) return;
    const { sum: bytes } = this.#sum.get() as { readonly sum: Uint8Array };
    const sum = RowSum.fromBytes(bytes);
    for (const { row, came } of this.#entries) {
      if (came) sum.add(row);
      else sum.subtract(row);
    }
    this.#put.run(sum.toBytes());
    this.#entries = [];
  }
}
