import { hostname } from "node:os";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { isOneFile } from "./file-mark.ts";
import { mustNotBeOfItsOwn } from "./must-be-replica.ts";

/** What a replica says of itself, for all processes on it: whose it is, and when it was last as far as the log. */
export class ReplicaRow {
  /** A UUID: this machine, as long as the file is there. */
  readonly node: string;
  readonly #row: StatementSync;

  /**
   * One that is new gets `newId`, and the system's name; and so does a copy: a file that is another one than it was, by `mark`. Two
   * machines with one id would each take for its own what the other says. What is in a copy was never compared with the log here.
   * Throws ERR_HANDCLASP_STORE_OPEN where the database became a store of its own.
   */
  constructor(database: DatabaseSync, newId: () => string, mark: string | null = null) {
    this.#row = database.prepare("SELECT node, name, up_to_date_at, file FROM replica");
    const known = this.#row.get() as Read | undefined;
    if (known === undefined) becomeReplica(database, newId, mark);
    else if (mark !== null && known.file !== mark) noteFile(database, known.file, mark, newId);
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
    return row ?? { node: this.node, name: null, up_to_date_at: null, file: null };
  }
}

interface Read {
  readonly node: string;
  readonly name: string | null;
  readonly up_to_date_at: number | null;
  readonly file: string | null;
}

/** Has a machine called so from now on, by all processes on its replica. Whoever passes by renames none that lets clients in. */
export function callMachine(database: DatabaseSync, name: string): void {
  database.prepare("UPDATE replica SET name = ? WHERE name IS NOT ?").run(name, name);
}

/** Looks for what is no replica's in the transaction that makes it one: nobody decides anything there in between. */
function becomeReplica(database: DatabaseSync, newId: () => string, mark: string | null): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    mustNotBeOfItsOwn(database);
    database
      .prepare("INSERT OR IGNORE INTO replica (only_row, node, name, file) VALUES (1, ?, ?, ?)")
      .run(newId(), hostname(), mark);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Of several processes that open it at once, one gives it its id. */
function noteFile(database: DatabaseSync, former: string | null, mark: string, newId: () => string): void {
  if (former === null || isOneFile(former, mark)) {
    database.prepare("UPDATE replica SET file = ? WHERE file IS ?").run(mark, former);
    return;
  }
  database.exec("BEGIN IMMEDIATE");
  const { changes } = database
    .prepare("UPDATE replica SET node = ?, name = ?, file = ?, up_to_date_at = NULL WHERE file = ?")
    .run(newId(), hostname(), mark, former);
  // What the machine of that id told is another machine's now, and is read anew.
  if (changes > 0) database.exec("DELETE FROM shared_place");
  database.exec("COMMIT");
}
