import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { HandclaspError } from "../errors.ts";
import type { SealedEvent } from "../trust/events.ts";
import { isInNetwork, parseIpNetwork } from "../trust/ip-network.ts";
import { looksLikeKeyId, parseKeyIdPrefix } from "../trust/key-id.ts";
import type { CertificateRecord, KeyPin } from "../trust/key-record.ts";
import { escapeText, nameKey } from "../trust/peer-name.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
import type { Page } from "../trust/port/page.ts";
import type {
  EventFilter,
  KeyFilter,
  ListedConnection,
  ListedKey,
  ListedMember,
  MemberFilter,
  RefusalFilter,
  Search,
} from "../trust/port/roll.ts";
import type { TokenRecord } from "../trust/token-record.ts";
import { SILENT_MS } from "./live-run.ts";
import { Conditions, limitOf, pageOf, placeOf } from "./page-query.ts";
import {
  type CertificateRow,
  type ListedKeyRow,
  type MemberRow,
  type RefusalRow,
  toCertificateRecord,
  toListedKey,
  toListedMember,
  toRefusalSighting,
  toTokenRecord,
  type TokenRow,
} from "./rows.ts";
import { NEVER } from "./schema.ts";

const ORDER = `ifnull(first_seen, ${NEVER})`;
/** Keys by which what is found elsewhere is looked up; where there are more, every row is asked instead. */
const FEW_KEYS = 500;

/** The lists of a store, page by page; none is on the path of a connection. */
export class SqliteRoll {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    database.function("name_key", { deterministic: true }, (name) =>
      name === null ? null : nameKey(String(name)),
    );
    database.function("in_network", (network, address) => {
      const parsed = parseIpNetwork(String(network));
      return parsed !== undefined && isInNetwork(parsed, String(address)) ? 1 : 0;
    });
  }

  /** What is asked of every row stands in the index of the order: the rows themselves are read for the page alone. */
  keys(filter: KeyFilter): Page<ListedKey> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, ["number", "string"]);
    if (place !== undefined) where.add(`(${ORDER}, pin) > (?, ?)`, ...place);
    if (filter.state !== undefined) where.add("state = ?", filter.state);
    if (filter.pins !== undefined)
      where.add("pin IN (SELECT value FROM json_each(?))", JSON.stringify(filter.pins));
    if (filter.search !== undefined) addSearch(where, filter.search);
    const sql = `SELECT keys.*, last_seen FROM (
        SELECT pin, ${ORDER} AS place FROM keys INDEXED BY keys_in_order ${where.sql} ORDER BY ${ORDER}, pin LIMIT ?
      ) AS page JOIN keys ON keys.pin = page.pin LEFT JOIN seen ON seen.pin = page.pin ORDER BY place, keys.pin`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as ListedKeyRow[];
    return pageOf(rows, limit, toListedKey, (row) => [row.first_seen ?? NEVER, row.pin]);
  }

  certificates(pin: KeyPin): readonly CertificateRecord[] {
    const sql = "SELECT * FROM certificates WHERE pin = ? ORDER BY number DESC";
    return (this.#rows(sql, [pin]) as CertificateRow[]).map(toCertificateRecord);
  }

  events(filter: EventFilter): Page<SealedEvent> {
    const limit = limitOf(filter);
    const where = new Conditions();
    where.add("sequence > ?", Math.max(sequenceOf(filter.after), this.#lastBefore(filter.since) ?? 0));
    if (filter.until !== undefined) where.add("sequence <= ?", this.#lastBefore(filter.until) ?? 0);
    const about = filter.search === undefined ? filter.about : this.#searched(filter.search, filter.about);
    if (about !== undefined) where.add("about IN (SELECT value FROM json_each(?))", JSON.stringify(about));
    if (filter.type !== undefined) where.add("type = ?", filter.type);
    const index = about !== undefined && about.length <= FEW_KEYS ? "events_by_subject" : "events_by_type";
    // Which index it is is not left to a guess: few events are about one key, and many are of one type.
    const by =
      index === "events_by_type" && filter.type === undefined ? "NOT INDEXED" : `INDEXED BY ${index}`;
    const sql = `SELECT sequence, json, hash FROM events ${by} ${where.sql} ORDER BY sequence LIMIT ?`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as SealedEvent[];
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      items: rows.slice(0, limit).map((row) => ({ ...row })),
      next: last === undefined ? null : String(last.sequence),
    };
  }

  refusals(filter: RefusalFilter): Page<RefusalSighting> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, ["number", "number"]);
    if (place !== undefined) where.add("(last_at, id) < (?, ?)", ...place);
    if (filter.since !== undefined) where.add("last_at >= ?", filter.since);
    if (filter.until !== undefined) where.add("first_at < ?", filter.until);
    if (filter.reason !== undefined) where.add("reason = ?", filter.reason);
    if (filter.listener !== undefined) where.add("listener = ?", filter.listener);
    if (filter.connection !== undefined) where.add("connection = ?", filter.connection);
    if (filter.fingerprint !== undefined) where.add("fingerprint = ?", filter.fingerprint);
    if (filter.of !== undefined) {
      const { pins, peers } = filter.of;
      where.add(
        "(pin IN (SELECT value FROM json_each(?)) OR name_key(peer) IN (SELECT value FROM json_each(?)))",
        JSON.stringify(pins),
        JSON.stringify(peers),
      );
    }
    if (filter.network !== undefined) where.add("in_network(?, address)", networkOf(filter.network));
    if (filter.search !== undefined)
      this.#addSearchOf(where, filter.search, ["address", "connection", "name_key(peer)"]);
    const sql = `SELECT * FROM refusals ${where.sql} ORDER BY last_at DESC, id DESC LIMIT ?`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as (RefusalRow & { id: number })[];
    return pageOf(rows, limit, toRefusalSighting, ({ last_at: at, id }) => [at, id]);
  }

  /** Of runs that gave a sign of life around a moment. */
  connections(filter: Search, now: number): Page<ListedConnection> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, ["number", "string", "string"]);
    if (place !== undefined) where.add("(since, c.id, run) > (?, ?, ?)", ...place);
    where.add("abs(beat - ?) <= ?", now, SILENT_MS);
    if (filter.search !== undefined) this.#addSearchOf(where, filter.search, ["address", "c.id", "process"]);
    const sql = `SELECT process, run, c.id, pin, peer, address AS remoteAddress, since, listener
      FROM connections AS c INDEXED BY connections_in_order CROSS JOIN runs ON runs.id = c.run
      ${where.sql} ORDER BY since, c.id, run LIMIT ?`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as ListedConnection[];
    return pageOf(
      rows,
      limit,
      (row) => ({ ...row }),
      ({ since, id, run }) => [since, id, run],
    );
  }

  tokens(filter: Search): Page<TokenRecord> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, ["number", "string"]);
    if (place !== undefined) where.add("(-created_at, id) > (?, ?)", ...place);
    if (filter.search !== undefined) {
      where.add("(instr(name_key, ?) OR instr(id, ?))", nameKey(filter.search), filter.search.toLowerCase());
    }
    const sql = `SELECT * FROM tokens ${where.sql} ORDER BY -created_at, id LIMIT ?`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as TokenRow[];
    return pageOf(rows, limit, toTokenRecord, (row) => [-row.created_at, row.id]);
  }

  members(filter: MemberFilter): Page<ListedMember> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, ["string", "string"]);
    if (place !== undefined) where.add("(group_key, name_key) > (?, ?)", ...place);
    if (filter.groupKey !== undefined) where.add("group_key = ?", filter.groupKey);
    if (filter.search !== undefined) {
      const folded = nameKey(filter.search);
      where.add("(instr(group_key, ?) OR instr(name_key, ?))", folded, folded);
    }
    const sql = `SELECT group_key, name_key, group_name, added_at,
        (SELECT min(peer) FROM keys WHERE keys.name_key = group_members.name_key) AS peer
      FROM group_members ${where.sql} ORDER BY group_key, name_key LIMIT ?`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as MemberRow[];
    return pageOf(rows, limit, toListedMember, (row) => [row.group_key, row.name_key]);
  }

  /** The last event before a moment: the chain's clock never goes back, so that all up to it are before, too. */
  #lastBefore(moment: number | undefined): number | undefined {
    if (moment === undefined) return undefined;
    const sql = "SELECT sequence FROM events WHERE reached < ? ORDER BY reached DESC, sequence DESC LIMIT 1";
    return (this.#rows(sql, [moment]) as { sequence: number }[])[0]?.sequence;
  }

  /** The keys that a text finds, of those that are wanted anyhow. */
  #searched(search: string, among: readonly string[] | undefined): readonly string[] {
    const where = new Conditions();
    addSearch(where, search);
    const sql = `SELECT pin FROM keys INDEXED BY keys_in_order ${where.sql}`;
    const pins = (this.#rows(sql, where.values) as { pin: string }[]).map(({ pin }) => pin);
    return among === undefined ? pins : pins.filter((pin) => among.includes(pin));
  }

  /** Finds a text in columns, or in what is searched of the key. */
  #addSearchOf(where: Conditions, search: string, columns: readonly string[]): void {
    const keys = new Conditions();
    addSearch(keys, search);
    const own = columns.map((column) => `instr(${column}, ?)`).join(" OR ");
    const texts = columns.map((column) => (column.startsWith("name_key") ? nameKey(search) : search));
    where.add(
      `(${own} OR pin IN (SELECT pin FROM keys INDEXED BY keys_in_order ${keys.sql}))`,
      ...texts,
      ...keys.values,
    );
  }

  #rows(sql: string, values: readonly SQLInputValue[]): unknown[] {
    return this.#database.prepare(sql).all(...values);
  }
}

/** Finds a text in what the index of the order has of keys; the beginning of a key id by the pin that it is of. */
function addSearch(where: Conditions, search: string): void {
  const folded = nameKey(search);
  const text = search.trim();
  if (folded === "" || text === "") return where.add("0");
  const inNames = "instr(name_key, ?) OR instr(claimed_key, ?) OR instr(new_key, ?)";
  const elsewhere = "instr(pin, ?) OR instr(lower(note), lower(?)) OR instr(first_address, ?)";
  const refused = "pin IN (SELECT pin FROM refusals WHERE instr(address, ?))";
  const byKeyId = pinPrefixOf(text);
  where.add(
    `(${inNames} OR ${elsewhere} OR ${refused}${byKeyId === undefined ? "" : " OR (pin >= ? AND pin < ? || '~')"})`,
    folded,
    folded,
    folded,
    text,
    text,
    text,
    text,
    ...(byKeyId === undefined ? [] : [byKeyId, byKeyId]),
  );
}

function pinPrefixOf(text: string): string | undefined {
  if (!looksLikeKeyId(text)) return undefined;
  try {
    return parseKeyIdPrefix(text).pinPrefix;
  } catch {
    return undefined;
  }
}

function sequenceOf(after: string | undefined): number {
  if (after === undefined) return 0;
  if (/^\d{1,15}$/.test(after)) return Number(after);
  throw new HandclaspError("ERR_HANDCLASP_OPTION", "events are read on from a sequence number", {
    hint: "give the number of the last event that was read, or begin anew without it",
  });
}

function networkOf(text: string): string {
  if (parseIpNetwork(text) !== undefined) return text;
  throw new HandclaspError(
    "ERR_HANDCLASP_OPTION",
    `"${escapeText(text)}" is neither an address nor a network`,
    {
      hint: "write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32",
    },
  );
}
