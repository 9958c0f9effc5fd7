import { hash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { apiTokenRows } from "../desk/api-token-rows.ts";
import { type KeyRow, toKeyRecord, toTokenRecord, type TokenRow } from "../lists/rows.ts";
import { apiTokenText, keyText, memberText, notedText, tokenText, tombstoneText } from "./decided-row.ts";
import { RowSum } from "./row-sum.ts";
import type { GroupMember } from "../../../trust/records/trust-tables.ts";
import type { KeyPin } from "../../../trust/records/key-record.ts";

/** What a digest is of: the sum of the rows of which there are many, and what there is one of. */
export interface Singles {
  readonly sum: Uint8Array;
  readonly decided: number;
  readonly event: number | null;
  readonly until: number | null;
  readonly max: number | null;
  readonly from: string | null;
  readonly taken: number | null;
}

/** The columns of a query that `digestOf` reads, of the tables that `SINGLES` names. */
export const DIGESTED = `sum, decided, w.event, w.until, w.most AS max, w.network AS "from", w.taken`;
export const SINGLES = "decided_sum, key_versions LEFT JOIN first_use_window AS w";

/** Reads the digest of all that was decided: equal ones prove equal rows, and unequal ones that rows differ. */
export class TrustDigest {
  readonly #database: DatabaseSync;
  readonly #kept: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#kept = database.prepare(`SELECT ${DIGESTED} FROM ${SINGLES} LIMIT 1`);
  }

  /** As it is kept with the rows: 64 lower-case hex digits. */
  kept(): string {
    return digestOf(this.#singles());
  }

  /** As all rows come to, read one after another. */
  recomputed(): string {
    return digestOf({ ...this.#singles(), sum: sumOfRows(this.#database) });
  }

  #singles(): Singles {
    return this.#kept.get() as unknown as Singles;
  }
}

/** Of all rows in a database that count, as `decided_sum` keeps it. */
export function sumOfRows(database: DatabaseSync): Uint8Array {
  const sum = new RowSum();
  for (const row of rowTexts(database)) sum.add(row);
  return sum.toBytes();
}

function* rowTexts(database: DatabaseSync): Iterable<string> {
  const rows = (sql: string): Iterable<unknown> => database.prepare(sql).iterate();
  for (const row of rows("SELECT * FROM keys")) {
    const text = keyText(toKeyRecord(row as KeyRow));
    if (text !== undefined) yield text;
  }
  for (const row of rows("SELECT pin, at FROM tombstones")) {
    const { pin, at } = row as { readonly pin: KeyPin; readonly at: number };
    yield tombstoneText(pin, at);
  }
  for (const row of rows("SELECT * FROM tokens")) yield tokenText(toTokenRecord(row as TokenRow));
  for (const token of apiTokenRows(database)) yield apiTokenText(token);
  const members = `SELECT group_name AS "group", group_key AS groupKey, name_key AS nameKey, added_at AS addedAt
    FROM group_members`;
  for (const row of rows(members)) yield memberText(row as GroupMember);
  for (const row of rows("SELECT about, problem FROM noted")) {
    const { about, problem } = row as { readonly about: string; readonly problem: string };
    yield notedText(about, problem);
  }
}

/** 64 lower-case hex digits. */
export function digestOf({ sum, decided, event, until, max, from, taken }: Singles): string {
  const window = event === null ? null : [event, until, max, from, taken];
  return hash("sha256", Buffer.concat([sum, Buffer.from(JSON.stringify([decided, window]))]), "hex");
}
