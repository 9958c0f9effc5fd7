import { closeSync, openSync, readSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyPin, KeyRecord } from "../trust/key-record.ts";
import type { SqliteTables } from "./sqlite-tables.ts";

const MOST_KEYS = 10_000;
/** The first copy of the WAL-index header. Every commit of every process changes it. https://www.sqlite.org/walformat.html §2.1 */
const HEADER_BYTES = 48;

/**
 * Trusted keys that were read before. What is kept is used only while the database is as it was, or has changed in
 * nothing but sightings: a revocation that was acknowledged anywhere is seen by the next lookup.
 */
export class KeyCache {
  readonly #tables: SqliteTables;
  readonly #marks: StatementSync;
  readonly #keys = new Map<KeyPin, KeyRecord>();
  readonly #file: number | undefined;
  readonly #now: Buffer = Buffer.alloc(HEADER_BYTES);
  readonly #then: Buffer = Buffer.alloc(HEADER_BYTES);
  #mark = "";

  /** Without a path, or where the WAL index cannot be read, every lookup goes to the database. */
  constructor(database: DatabaseSync, tables: SqliteTables, path: string | null) {
    this.#tables = tables;
    // Each change of a key appends an event or writes a certificate, which then gets the highest rowid.
    this.#marks = database.prepare(
      "SELECT (SELECT max(sequence) FROM events) || ' ' || (SELECT max(rowid) FROM certificates) AS mark",
    );
    this.#file = path === null ? undefined : openIfThere(`${path}-shm`);
  }

  key(pin: KeyPin): KeyRecord | undefined {
    if (this.#file === undefined) return this.#tables.key(pin);
    this.#dropIfChanged(this.#file);
    const kept = this.#keys.get(pin);
    if (kept !== undefined) return kept;
    const key = this.#tables.key(pin);
    if (key?.state === "trusted") {
      if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
      this.#keys.set(pin, key);
    }
    return key;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }

  #dropIfChanged(file: number): void {
    const read = readSync(file, this.#now, 0, HEADER_BYTES, 0);
    if (read === HEADER_BYTES && this.#now.equals(this.#then)) return;
    const { mark } = this.#marks.get() as { mark: string | null };
    if (read !== HEADER_BYTES || mark === null || mark !== this.#mark) this.#keys.clear();
    this.#mark = mark ?? "";
    this.#now.copy(this.#then);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, "r");
  } catch {
    return undefined;
  }
}
