import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ApiTokenRecord } from "../../../trust/records/api-token-record.ts";

/** A row of `api_tokens`. */
export interface ApiTokenRow {
  id: string;
  hash: string;
  name: string;
  name_key: string;
  scope: ApiTokenRecord["scope"];
  created_at: number;
  expires: number;
  cancelled_at: number | null;
}

/** The API tokens in an SQLite database. The caller opens and ends transactions; few ask, so that statements are made when they do. */
export class ApiTokenRows {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  byId(id: string): ApiTokenRecord | undefined {
    const row = this.#prepare("SELECT * FROM api_tokens WHERE id = ?").get(id);
    return row && toApiTokenRecord(row as unknown as ApiTokenRow);
  }

  called(folded: string): readonly ApiTokenRecord[] {
    const rows = this.#prepare("SELECT * FROM api_tokens WHERE name_key = ? ORDER BY id").all(folded);
    return (rows as unknown as ApiTokenRow[]).map(toApiTokenRecord);
  }

  /** Returns another that is gone for it: of two with one secret, it cannot be told who asks. */
  put({
    id,
    hash,
    name,
    nameKey,
    scope,
    createdAt,
    expires,
    cancelledAt,
  }: ApiTokenRecord): readonly ApiTokenRecord[] {
    const gone = this.#prepare("DELETE FROM api_tokens WHERE hash = ? AND id <> ? RETURNING *").all(hash, id);
    this.#prepare(
      `INSERT OR REPLACE INTO api_tokens (id, hash, name, name_key, scope, created_at, expires, cancelled_at)
         VALUES (?,?,?,?,?,?,?,?)`,
    ).run(id, hash, name, nameKey, scope, createdAt, expires, cancelledAt);
    return (gone as unknown as ApiTokenRow[]).map(toApiTokenRecord);
  }

  /** Returns those that are gone. */
  drop(endedBefore: number): readonly ApiTokenRecord[] {
    const rows = this.#prepare(
      "DELETE FROM api_tokens WHERE coalesce(cancelled_at, expires) < ? RETURNING *",
    ).all(endedBefore);
    this.#prepare("DELETE FROM api_token_uses WHERE id NOT IN (SELECT id FROM api_tokens)").run();
    return (rows as unknown as ApiTokenRow[]).map(toApiTokenRecord);
  }

  #prepare(sql: string): StatementSync {
    return this.#database.prepare(sql);
  }
}

/** All of them, for an audit. */
export function* apiTokenRows(database: DatabaseSync): Iterable<ApiTokenRecord> {
  for (const row of database.prepare("SELECT * FROM api_tokens").iterate()) {
    yield toApiTokenRecord(row as unknown as ApiTokenRow);
  }
}

export function toApiTokenRecord(row: ApiTokenRow): ApiTokenRecord {
  return {
    id: row.id,
    hash: row.hash,
    name: row.name,
    nameKey: row.name_key,
    scope: row.scope,
    createdAt: row.created_at,
    expires: row.expires,
    cancelledAt: row.cancelled_at,
  };
}
