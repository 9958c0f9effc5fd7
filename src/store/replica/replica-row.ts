import type { DatabaseSync, StatementSync } from "node:sqlite";

/** What a replica says of itself, for all processes on it: whose it is, and when it was last as far as the log. */
export class ReplicaRow {
  /** A UUID: this machine, as long as the file is there. */
  readonly node: string;
  readonly #upToDateAt: StatementSync;

  /** One that is new gets `newId`. */
  constructor(database: DatabaseSync, newId: () => string) {
    const row = database.prepare("SELECT node FROM replica");
    const known = row.get() as { readonly node: string } | undefined;
    if (known === undefined)
      database.prepare("INSERT OR IGNORE INTO replica (only_row, node) VALUES (1, ?)").run(newId());
    this.node = (known ?? (row.get() as { readonly node: string })).node;
    this.#upToDateAt = database.prepare("SELECT up_to_date_at FROM replica");
  }

  /** Milliseconds since the epoch, by this machine's clock; null for never. */
  upToDateAt(): number | null {
    const row = this.#upToDateAt.get() as { readonly up_to_date_at: number | null } | undefined;
    return row?.up_to_date_at ?? null;
  }
}
