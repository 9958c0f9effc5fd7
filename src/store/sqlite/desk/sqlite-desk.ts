import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { ApiTokenRecord } from "../../../trust/records/api-token-record.ts";
import { nameKey } from "../../../trust/naming/peer-name.ts";
import type { ListedApiToken, SessionRecord } from "../../../trust/port/desk.ts";
import type { Page } from "../../../trust/port/page.ts";
import type { Search } from "../../../trust/port/roll.ts";
import { limitOf, placeOf } from "../../../trust/port/cursor.ts";
import { Conditions, isSaid, pageOf } from "../lists/page-query.ts";
import { type ApiTokenRow, toApiTokenRecord } from "./api-token-rows.ts";

interface ListedApiTokenRow extends ApiTokenRow {
  last_used: number | null;
}

interface SessionRow {
  hash: string;
  of: string;
  via: SessionRecord["via"];
  user: string | null;
  created_at: number;
  expires: number;
}

/** What a store knows of operators who come without a certificate, to read. */
export class SqliteDesk {
  readonly #database: DatabaseSync;
  readonly #apiToken: StatementSync;
  readonly #session: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#apiToken = database.prepare("SELECT * FROM api_tokens WHERE hash = ?");
    this.#session = database.prepare("SELECT * FROM sessions WHERE hash = ?");
  }

  apiToken(hash: string): ApiTokenRecord | undefined {
    const row = this.#apiToken.get(hash);
    return row && toApiTokenRecord(row as unknown as ApiTokenRow);
  }

  apiTokens(filter: Search): Page<ListedApiToken> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, "api-tokens", ["number", "string"]);
    if (place !== undefined) {
      const [createdAt = 0, id = ""] = place;
      where.add("created_at <= ? AND (created_at < ? OR id > ?)", createdAt, createdAt, id);
    }
    if (isSaid(where, filter.search)) {
      where.add("(instr(name_key, ?) OR instr(id, ?))", nameKey(filter.search), filter.search.toLowerCase());
    }
    const sql = `SELECT api_tokens.*, last_used FROM api_tokens LEFT JOIN api_token_uses USING (id)
      ${where.sql} ORDER BY created_at DESC, id LIMIT ?`;
    const rows = this.#database
      .prepare(sql)
      .all(...where.values, limit + 1) as unknown as ListedApiTokenRow[];
    return pageOf(rows, limit, toListed, (row) => ["api-tokens", row.created_at, row.id]);
  }

  session(hash: string): SessionRecord | undefined {
    const row = this.#session.get(hash) as SessionRow | undefined;
    if (row === undefined) return undefined;
    const { of, via, user, created_at: createdAt, expires } = row;
    return { hash, of, via, user, createdAt, expires };
  }
}

function toListed(row: ListedApiTokenRow): ListedApiToken {
  return { ...toApiTokenRecord(row), lastUsed: row.last_used };
}
