import { hostname } from "node:os";
import type { DatabaseSync, StatementSync } from "node:sqlite";

/** What a replica says of itself, for all processes on it: whose it is, and when it was last as far as the log. */
export class ReplicaRow {
  /** A UUID: this machine, as long as the file is there. */
  readonly node: string;
  readonly #row: StatementSync;

  /** One that is new gets `newId`, and the system's name. */
  constructor(database: DatabaseSync, newId: () => string) {
    this.#row = database.prepare("SELECT node, name, up_to_date_at FROM replica");
    if (this.#row.get() === undefined)
      database
        .prepare("INSERT OR IGNORE INTO replica (only_row, node, name) VALUES (1, ?, ?)")
        .run(newId(), hostname());
    this.node = this.#read().node;
  }

  /** What people call this machine: what a process on it said last. */
  get name(): string {
    return this.#read().name ?? hostname();
  }

  /** Milliseconds since the epoch, by this machine's clock; null for never. */
  upToDateAt(): number | null {
    return this.#read().up_to_date_at;
  }

  #read(): Read {
    const row = this.#row.get() as Read | undefined;
    return row ?? { node: this.node, name: null, up_to_date_at: null };
  }
}

interface Read {
  readonly node: string;
  readonly name: string | null;
  readonly up_to_date_at: number | null;
}

/** Has a machine called so from now on, by all processes on its replica. */
export function callMachine(database: DatabaseSync, name: string): void {
  database.prepare("UPDATE replica SET name = ?1 WHERE name IS NOT ?1").run(name);
}
