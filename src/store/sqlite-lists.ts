import type { DatabaseSync } from "node:sqlite";
import type { StoredEvent } from "../trust/audit-rows.ts";
import type { SealedEvent } from "../trust/events.ts";
import type { CertificateRecord, KeyPin } from "../trust/key-record.ts";
import type { TokenRecord } from "../trust/token-record.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
import type { ListedConnection, ListedMember } from "../trust/port/roll.ts";
import { SILENT_MS } from "./live-run.ts";
import {
  type CertificateRow,
  type RefusalRow,
  toCertificateRecord,
  toRefusalSighting,
  toTokenRecord,
  type TokenRow,
} from "./rows.ts";

/** Reads for people and programs that look at a store; none is on the path of a connection. */
export class SqliteLists {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  members(): readonly ListedMember[] {
    const rows = this.#database
      .prepare(
        `SELECT group_name, added_at, (SELECT min(peer) FROM keys WHERE keys.name_key = m.name_key) AS peer
           FROM group_members AS m ORDER BY group_key, name_key`,
      )
      .all() as { group_name: string; added_at: number; peer: string }[];
    return rows.map(({ group_name: group, added_at: addedAt, peer }) => ({ group, peer, addedAt }));
  }

  certificates(pin: KeyPin): readonly CertificateRecord[] {
    const rows = this.#database
      .prepare("SELECT * FROM certificates WHERE pin = ? ORDER BY number DESC")
      .all(pin);
    return (rows as unknown as CertificateRow[]).map(toCertificateRecord);
  }

  tokens(): readonly TokenRecord[] {
    const rows = this.#database.prepare("SELECT * FROM tokens ORDER BY created_at DESC, id").all();
    return (rows as unknown as TokenRow[]).map(toTokenRecord);
  }

  events(after: number, most: number): readonly SealedEvent[] {
    const rows = this.#database
      .prepare("SELECT sequence, json, hash FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?")
      .all(after, most);
    return rows.map((row) => ({ ...(row as unknown as SealedEvent) }));
  }

  allEvents(): Iterable<StoredEvent> {
    const rows = this.#database
      .prepare("SELECT sequence, json, hash, reached FROM events ORDER BY sequence")
      .iterate();
    return rows as unknown as Iterable<StoredEvent>;
  }

  refusals(most: number): readonly RefusalSighting[] {
    const rows = this.#database
      .prepare("SELECT * FROM refusals ORDER BY last_at DESC, id DESC LIMIT ?")
      .all(most);
    return (rows as unknown as RefusalRow[]).map(toRefusalSighting);
  }

  /** Of runs that gave a sign of life around a moment. */
  connections(now: number): readonly ListedConnection[] {
    const rows = this.#database
      .prepare(
        `SELECT process, run, c.id, pin, peer, address AS remoteAddress, since, listener
           FROM connections AS c JOIN runs ON runs.id = c.run
           WHERE abs(beat - ?) <= ? ORDER BY since, c.id`,
      )
      .all(now, SILENT_MS) as unknown as ListedConnection[];
    return rows.map((row) => ({ ...row }));
  }

  isListed(run: string): boolean {
    return this.#database.prepare("SELECT 1 FROM runs WHERE id = ?").get(run) !== undefined;
  }

  count(table: "certificates" | "events" | "refusals"): number {
    return (this.#database.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number })
      .count;
  }
}
