import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { TokenRecord } from "../../../trust/records/token-record.ts";
import { toTokenRecord, type TokenRow } from "../lists/rows.ts";

/** Join tokens that were dropped. */
export interface DroppedTokens {
  readonly tokens: readonly TokenRecord[];
  readonly noted: readonly { readonly about: string; readonly problem: string }[];
}

const ENDED = "coalesce(used_at, cancelled_at, expires) < ?";

/** The join tokens in an SQLite database, and what was noted about them. The caller opens and ends transactions. */
export class TokenRows {
  readonly #byId: StatementSync;
  readonly #put: StatementSync;
  readonly #of: StatementSync;
  readonly #dropNoted: StatementSync;
  readonly #drop: StatementSync;

  constructor(database: DatabaseSync) {
    this.#byId = database.prepare("SELECT * FROM tokens WHERE id = ?");
    this.#put = database.prepare(
      `INSERT OR REPLACE INTO tokens (id, public_key, peer, name_key, server_pin, from_network, replaces, created_at,
         expires, used_at, used_by, cancelled_at, into_groups) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
    );
    this.#of = database.prepare("SELECT * FROM tokens WHERE name_key = ? ORDER BY id");
    this.#dropNoted = database.prepare(
      `DELETE FROM noted WHERE about IN (SELECT id FROM tokens WHERE ${ENDED}) RETURNING about, problem`,
    );
    this.#drop = database.prepare(`DELETE FROM tokens WHERE ${ENDED} RETURNING *`);
  }

  byId(id: string): TokenRecord | undefined {
    const row = this.#byId.get(id) as TokenRow | undefined;
    return row && toTokenRecord(row);
  }

  put(token: TokenRecord): void {
    this.#put.run(
      token.id,
      token.publicKey,
      token.peer,
      token.nameKey,
      token.serverPin,
      token.from,
      token.replace ? 1 : 0,
      token.createdAt,
      token.expires,
      token.usedAt,
      token.usedBy,
      token.cancelledAt,
      JSON.stringify(token.groups.map(({ name, nameKey: fold }) => [name, fold])),
    );
  }

  of(folded: string): readonly TokenRecord[] {
    return (this.#of.all(folded) as unknown as TokenRow[]).map(toTokenRecord);
  }

  drop(endedBefore: number): DroppedTokens {
    const noted = this.#dropNoted.all(endedBefore) as unknown as DroppedTokens["noted"];
    const tokens = this.#drop.all(endedBefore) as unknown as TokenRow[];
    return { tokens: tokens.map(toTokenRecord), noted };
  }
}
