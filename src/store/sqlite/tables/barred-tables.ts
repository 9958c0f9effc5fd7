import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { KeyPin, KeyRecord, KeyState } from "../../../trust/records/key-record.ts";
import { type KeyStanding, SqliteTables } from "./sqlite-tables.ts";

/** Rows as whoever is let in is judged by them: keys that are barred on this machine alone so far are barred. */
export class BarredTables extends SqliteTables {
  readonly #bar: StatementSync;

  constructor(database: DatabaseSync) {
    super(database);
    this.#bar = database.prepare(
      `SELECT state FROM bars WHERE pin = ?
         ORDER BY state = 'revoked' DESC, state = 'ignored' DESC LIMIT 1`,
    );
  }

  override key(pin: KeyPin): KeyRecord | undefined {
    const key = super.key(pin);
    return key && this.barred(key);
  }

  override keysOfName(folded: string): readonly KeyRecord[] {
    return super.keysOfName(folded).map((key) => this.barred(key));
  }

  override barred<Key extends KeyStanding>(key: Key): Key {
    const state = this.#bar.get(key.pin)?.["state"] as KeyState | undefined;
    if (state === undefined || key.state === "revoked" || key.state === "ignored") return key;
    return { ...key, state, newName: null, newKey: null, expires: null };
  }
}
