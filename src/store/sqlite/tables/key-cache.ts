import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import type { SqliteTables } from "./sqlite-tables.ts";

const MOST_KEYS = 10_000;

/**
 * Trusted keys that were read before. What is kept is used only while the database is as it was, or has changed in
 * nothing but sightings: a revocation that was acknowledged anywhere is seen by the next lookup. It asks SQLite, and
 * never opens one of its files: closing such a descriptor would drop the locks of the whole process on it (POSIX).
 */
export class KeyCache {
  readonly #tables: SqliteTables;
  readonly #version: StatementSync;
  readonly #marks: StatementSync;
  readonly #keys = new Map<KeyPin, KeyRecord>();
  #seenVersion = -1;
  #seenMark: string | null = null;

  /** The connection must be one that never writes: `data_version` tells of other connections only. */
  constructor(database: DatabaseSync, tables: SqliteTables) {
    this.#tables = tables;
    this.#version = database.prepare("PRAGMA data_version");
    this.#version.setReturnArrays(true);
    // Each change of a key appends an event, writes a certificate, which then gets the highest number, or is to be told later.
    this.#marks = database.prepare(
      `SELECT (SELECT hash FROM events ORDER BY sequence DESC LIMIT 1) || ' ' ||
         (SELECT max(number) FROM certificates) || ' ' || ifnull((SELECT max(number) FROM later), 0) AS mark`,
    );
  }

  key(pin: KeyPin): KeyRecord | undefined {
    this.#dropIfChanged();
    const kept = this.#keys.get(pin);
    if (kept !== undefined) return kept;
    const key = this.#tables.key(pin);
    if (key?.state === "trusted") {
      if (this.#keys.size >= MOST_KEYS) this.#keys.clear();
      this.#keys.set(pin, key);
    }
    return key;
  }

  #dropIfChanged(): void {
    const [version] = this.#version.get() as unknown as [number];
    if (version === this.#seenVersion) return;
    const { mark } = this.#marks.get() as { mark: string | null };
    if (mark === null || mark !== this.#seenMark) this.#keys.clear();
    this.#seenMark = mark;
    this.#seenVersion = version;
  }
}
