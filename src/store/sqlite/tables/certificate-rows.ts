import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { CertificateRecord, KeyPin } from "../../../trust/records/key-record.ts";

/** By which what belongs to a key is found. */
const NUMBER = "(SELECT number FROM keys WHERE pin = ?)";

/** The certificates of keys in an SQLite database. The caller opens and ends transactions. */
export class CertificateRows {
  readonly #put: StatementSync;
  readonly #count: StatementSync;
  readonly #dropSame: StatementSync;
  readonly #dropOldest: StatementSync;
  readonly #delete: StatementSync;

  constructor(database: DatabaseSync) {
    this.#put = database.prepare(
      `INSERT INTO certificates (key, fingerprint, der, added_at) VALUES (${NUMBER},?,?,?)`,
    );
    this.#count = database.prepare(`SELECT count(*) AS count FROM certificates WHERE key = ${NUMBER}`);
    this.#dropSame = database.prepare(
      `DELETE FROM certificates WHERE key = ${NUMBER} AND fingerprint = ? AND number < last_insert_rowid()`,
    );
    // The newest is the one that was written last: clocks are set back.
    this.#dropOldest = database.prepare(
      `DELETE FROM certificates WHERE key = ${NUMBER} AND number <=
         (SELECT number FROM certificates WHERE key = ${NUMBER} ORDER BY number DESC LIMIT 1 OFFSET ?)`,
    );
    this.#delete = database.prepare("DELETE FROM certificates WHERE key = ?");
  }

  /** How many a key has. */
  count(pin: KeyPin): number {
    return Number(this.#count.get(pin)?.["count"]);
  }

  /** Puts one to the others of its key, which are so many, and keeps the newest. Throws where there is no such key: it has no number. */
  put({ pin, fingerprint, der, addedAt }: CertificateRecord, others: number, kept: number): void {
    this.#put.run(pin, fingerprint, der, addedAt);
    if (others > 0) this.#dropSame.run(pin, fingerprint);
    if (others >= kept) this.#dropOldest.run(pin, pin, kept);
  }

  /** Of the key with a number. */
  delete(number: number): void {
    this.#delete.run(number);
  }
}
