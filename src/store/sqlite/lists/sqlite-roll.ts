import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { HandclaspError } from "../../../errors.ts";
import type { SealedEvent } from "../../../trust/records/events.ts";
import { isInNetwork, parseIpNetwork } from "../../../trust/network/ip-network.ts";
import type { CertificateRecord, KeyPin } from "../../../trust/records/key-record.ts";
import { escapeText, nameKey } from "../../../trust/naming/peer-name.ts";
import { limitOf, placeOf } from "../../../trust/port/cursor.ts";
import type { Page } from "../../../trust/port/page.ts";
import type {
  EventFilter,
  ListedConnection,
  ListedGroup,
  ListedMember,
  ListedRefusal,
  MemberFilter,
  RefusalFilter,
  Search,
} from "../../../trust/port/roll.ts";
import type { TokenRecord } from "../../../trust/records/token-record.ts";
import { SILENT_MS } from "../sightings/live-run.ts";
import { KeySearch } from "./key-search.ts";
import {
  beginsWith,
  type Condition,
  Conditions,
  either,
  isAbout,
  isOneOf,
  isSaid,
  momentOf,
  pageOf,
} from "./page-query.ts";
import {
  type CertificateRow,
  type MemberRow,
  type RefusalRow,
  toCertificateRecord,
  toListedMember,
  toListedRefusal,
  toTokenRecord,
  type TokenRow,
} from "./rows.ts";

/** The lists of a store, page by page; none is on the path of a connection. */
export class SqliteRoll {
  readonly #database: DatabaseSync;
  readonly #machine: string | undefined;

  /** `machine` is what this one is called, where there are several. */
  constructor(database: DatabaseSync, machine: string | undefined) {
    this.#database = database;
    this.#machine = machine;
    // It is asked of one row after the other about the same network.
    let asked: unknown;
    let parsed: ReturnType<typeof parseIpNetwork>;
    database.function("folded", { deterministic: true }, (name) =>
      name === null ? null : nameKey(String(name)),
    );
    database.function("in_network", { deterministic: true }, (network, address) => {
      if (network !== asked) parsed = parseIpNetwork(String(network));
      asked = network;
      return parsed !== undefined && isInNetwork(parsed, String(address)) ? 1 : 0;
    });
  }

  certificates(pin: KeyPin): readonly CertificateRecord[] {
    const sql = `SELECT pin, c.fingerprint AS fingerprint, der, added_at
      FROM keys CROSS JOIN certificates AS c ON c.key = keys.number WHERE pin = ? ORDER BY c.number DESC`;
    return (this.#rows(sql, [pin]) as CertificateRow[]).map(toCertificateRecord);
  }

  events(filter: EventFilter): Page<SealedEvent> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const since = momentOf(filter.since);
    const until = momentOf(filter.until);
    const newestFirst = filter.newestFirst === true;
    const after = filter.after === undefined ? undefined : sequenceOf(filter.after);
    const least = since === undefined ? 0 : this.#lastBefore(since);
    where.add("sequence > ?", newestFirst ? least : Math.max(after ?? 0, least));
    if (newestFirst && after !== undefined) where.add("sequence < ?", after);
    if (until !== undefined) where.add("sequence <= ?", this.#lastBefore(until));
    if (filter.type !== undefined) where.add("type = ?", filter.type);
    if (filter.window !== undefined) where.add("came_by = ?", filter.window);
    const search = filter.search === undefined ? undefined : new KeySearch(this.#database, filter.search);
    const { about } = filter;
    const few = about ?? search?.fewSubjects;
    if (about !== undefined) where.require(isAbout(...about));
    if (search !== undefined) where.require(search.ofSubject());
    const by = eventsBy(few !== undefined, filter);
    if (by === BY_TYPE) where.add("type <> 'met'");
    const sql = `SELECT sequence, json, hash FROM events ${by} ${where.sql}
      ORDER BY sequence ${newestFirst ? "DESC" : ""} LIMIT ?`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as SealedEvent[];
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    return {
      items: rows.slice(0, limit).map((row) => ({ ...row })),
      next: last === undefined ? null : String(last.sequence),
    };
  }

  refusals(filter: RefusalFilter): Page<ListedRefusal> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, "refusals", ["number", "number"]);
    if (place !== undefined) where.add("(last_at, id) < (?, ?)", ...place);
    const since = momentOf(filter.since);
    const until = momentOf(filter.until);
    if (since !== undefined) where.add("last_at >= ?", since);
    if (until !== undefined) where.add("first_at < ?", until);
    if (filter.reason !== undefined) where.add("reason = ?", filter.reason);
    if (filter.listener !== undefined) where.add("listener = ?", filter.listener);
    if (filter.connection !== undefined) where.add("connection = ?", filter.connection);
    if (filter.fingerprint !== undefined) where.add("fingerprint = ?", filter.fingerprint);
    if (filter.of !== undefined) {
      const { pins, pinPrefix, peers } = filter.of;
      const isCalledSo = peers.length === 0 ? [] : [isOneOf("name_key", peers)];
      const begins = pinPrefix === undefined ? [] : [beginsWith("pin", pinPrefix)];
      where.require(either(isOneOf("pin", pins), ...isCalledSo, ...begins));
    }
    if (filter.network !== undefined) where.add("in_network(?, address)", networkOf(filter.network));
    if (isSaid(where, filter.search)) {
      const isStranger = new KeySearch(this.#database, filter.search).inPin("pin");
      where.require(
        either(this.#found(filter.search, "pin", ["address", "connection", "name_key"]), isStranger),
      );
    }
    const sql = `SELECT * FROM refusals ${where.sql} ORDER BY last_at DESC, id DESC LIMIT ?`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as (RefusalRow & { id: number })[];
    return pageOf(
      rows,
      limit,
      (row) => toListedRefusal(row, this.#machine),
      ({ last_at: at, id }) => ["refusals", at, id],
    );
  }

  /** Of runs that gave a sign of life around a moment. */
  connections(filter: Search, now: number): Page<ListedConnection> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, "connections", ["number", "string", "string"]);
    if (place !== undefined) where.add("(since, c.id, run) > (?, ?, ?)", ...place);
    where.add("abs(beat - ?) <= ?", now, SILENT_MS);
    if (isSaid(where, filter.search)) {
      const isOwn = this.#machine !== undefined && this.#machine.includes(filter.search.trim());
      const machine = {
        text: isOwn ? "ifnull(instr(machine, ?), 1)" : "instr(machine, ?)",
        values: [filter.search.trim()],
      };
      where.require(either(this.#found(filter.search, "c.pin", ["address", "c.id", "process"]), machine));
    }
    const sql = `SELECT process, run, machine, id, connections.pin, peer, address AS remoteAddress, since, listener FROM (
        SELECT since AS place, c.id AS id, run, process, machine
          FROM connections AS c INDEXED BY connections_in_order CROSS JOIN runs ON runs.id = c.run
          ${where.sql} ORDER BY since, c.id, run LIMIT ?
      ) AS page CROSS JOIN connections USING (run, id) ORDER BY place, id, run`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as ConnectionRow[];
    return pageOf(
      rows,
      limit,
      (row) => toListedConnection(row, this.#machine),
      ({ since, id, run }) => ["connections", since, id, run],
    );
  }

  tokens(filter: Search): Page<TokenRecord> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, "tokens", ["number", "string"]);
    if (place !== undefined) {
      const [createdAt = 0, id = ""] = place;
      where.add("created_at <= ? AND (created_at < ? OR id > ?)", createdAt, createdAt, id);
    }
    if (isSaid(where, filter.search)) {
      where.add("(instr(name_key, ?) OR instr(id, ?))", nameKey(filter.search), filter.search.toLowerCase());
    }
    const sql = `SELECT tokens.* FROM (
        SELECT id, created_at FROM tokens INDEXED BY tokens_in_order ${where.sql} ORDER BY created_at DESC, id LIMIT ?
      ) AS page CROSS JOIN tokens ON tokens.id = page.id ORDER BY page.created_at DESC, tokens.id`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as TokenRow[];
    return pageOf(rows, limit, toTokenRecord, (row) => ["tokens", row.created_at, row.id]);
  }

  groups(filter: Search): Page<ListedGroup> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, "groups", ["string"]);
    if (place !== undefined) where.add("group_key > ?", ...place);
    if (isSaid(where, filter.search)) where.add("instr(group_key, ?)", nameKey(filter.search));
    const sql = `SELECT groupKey, members, (SELECT group_name FROM group_members AS one INDEXED BY members_in_order
        WHERE one.group_key = groupKey ORDER BY name_key LIMIT 1) AS "group" FROM (
        SELECT group_key AS groupKey, count(*) AS members FROM group_members INDEXED BY members_in_order
          ${where.sql} GROUP BY group_key ORDER BY group_key LIMIT ?
      )`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as ListedGroup[];
    return pageOf(
      rows,
      limit,
      ({ group, groupKey, members }) => ({ group, groupKey, members }),
      ({ groupKey }) => ["groups", groupKey],
    );
  }

  members(filter: MemberFilter): Page<ListedMember> {
    const limit = limitOf(filter);
    const where = new Conditions();
    const place = placeOf(filter, "members", ["string", "string"]);
    if (place !== undefined) where.add("(group_key, name_key) > (?, ?)", ...place);
    if (filter.groupKey !== undefined) where.add("group_key = ?", filter.groupKey);
    if (isSaid(where, filter.search)) {
      const folded = nameKey(filter.search);
      where.add("(instr(group_key, ?) OR instr(name_key, ?))", folded, folded);
    }
    const sql = `SELECT member.*, (SELECT min(peer) FROM keys WHERE keys.name_key = member.name_key) AS peer FROM (
        SELECT group_key, name_key FROM group_members INDEXED BY members_in_order
          ${where.sql} ORDER BY group_key, name_key LIMIT ?
      ) CROSS JOIN group_members AS member USING (group_key, name_key) ORDER BY group_key, name_key`;
    const rows = this.#rows(sql, [...where.values, limit + 1]) as MemberRow[];
    return pageOf(rows, limit, toListedMember, (row) => ["members", row.group_key, row.name_key]);
  }

  /** The last event before a moment: the chain's clock never goes back, so that all up to it are before, too. */
  #lastBefore(moment: number): number {
    const isBefore = this.#database.prepare("SELECT reached < ? AS is_before FROM events WHERE sequence = ?");
    const { newest } = this.#database.prepare("SELECT max(sequence) AS newest FROM events").get() as {
      newest: number | null;
    };
    let [before, after] = [0, (newest ?? 0) + 1];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (isBefore.get(moment, middle)?.["is_before"] === 1) before = middle;
      else after = middle;
    }
    return before;
  }

  /** Whether a text is found in one of the columns, or finds the key that `pin` is of. */
  #found(search: string, pin: string, columns: readonly string[]): Condition {
    const own = columns.map((column) => {
      const text = column === "name_key" || column === "address" ? nameKey(search) : search.trim();
      return { text: `instr(${column}, ?)`, values: [text] };
    });
    return either(...own, new KeySearch(this.#database, search).ofPin(pin));
  }

  #rows(sql: string, values: readonly SQLInputValue[]): unknown[] {
    return this.#database.prepare(sql).all(...values);
  }
}

/** A connection, its run, and where that runs: null for this machine. */
type ConnectionRow = Omit<ListedConnection, "machine"> & { readonly machine: string | null };

function toListedConnection(row: ConnectionRow, own: string | undefined): ListedConnection {
  const { machine, ...connection } = row;
  const name = machine ?? own;
  return { ...connection, ...(name !== undefined && { machine: name }) };
}

const BY_TYPE = "INDEXED BY events_by_type";

/**
 * How events are found, which is not left to a guess: few are about one key, and many are of one type. First uses are
 * most of what there is: they are in no index of types, and found by reading on.
 */
function eventsBy(isAboutFew: boolean, { type, window }: EventFilter): string {
  if (isAboutFew) return "INDEXED BY events_by_subject";
  if (window !== undefined) return "INDEXED BY events_by_window";
  return type === undefined || type === "met" ? "NOT INDEXED" : BY_TYPE;
}

function sequenceOf(after: string): number {
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
