import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from "node:sqlite";
import {
  CHAIN_START,
  type ChainHead,
  type EventDraft,
  type SealedEvent,
  sealEvent,
  type TrustEvent,
} from "../../../trust/records/events.ts";
import type { ApiTokenRecord } from "../../../trust/records/api-token-record.ts";
import type { FirstUseWindow } from "../../../trust/records/first-use-window.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../../../trust/records/key-record.ts";
import type { GroupMember, TrustTables } from "../../../trust/records/trust-tables.ts";
import type { TokenRecord } from "../../../trust/records/token-record.ts";
import { countDropped } from "../sightings/dropped.ts";
import { searchedText } from "../lists/key-search.ts";
import { ApiTokenRows } from "../desk/api-token-rows.ts";
import { isAbout } from "../lists/page-query.ts";
import { type KeyRow, toKeyRecord } from "../lists/rows.ts";
import { NEVER } from "../file/schema.ts";
import { type EventRow, toEvent } from "./event-row.ts";
import type { ChainEnd, VersionsGiven } from "./ends.ts";
import { CertificateRows } from "./certificate-rows.ts";
import { type DroppedTokens, TokenRows } from "./token-rows.ts";

const CERTIFICATES_KEPT = 8;
const LAPSED_AT_ONCE = 10;
/** Keys that wait and may be dropped: operators set aside what has no end, and wrote down what has a note. */
export const FROM_STRANGERS = "state = 'pending' AND expires IS NOT NULL AND note IS NULL";

const COLUMNS =
  "pin state peer name_key claimed_name claimed_key new_name new_key source fingerprint first_seen first_address expires conflicts_with stale_seen endorses_from note version place searched".split(
    " ",
  );
/** A key that is there keeps its number. */
const PUT_KEY = `INSERT INTO keys (${COLUMNS.join()}) VALUES (${COLUMNS.map(() => "?").join()})
  ON CONFLICT (pin) DO UPDATE SET ${COLUMNS.slice(1)
    .map((name) => `${name} = excluded.${name}`)
    .join()}`;

/** What of a key another standing is. */
export type KeyStanding = Pick<KeyRecord, "pin" | "state" | "expires" | "newName" | "newKey">;

/** The rows of trust in an SQLite database. The caller opens and ends transactions. */
export class SqliteTables implements TrustTables {
  /** Which rows of `keys` may go for want of room. */
  protected readonly droppable: string = FROM_STRANGERS;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #key: StatementSync;
  readonly #certificates: CertificateRows;
  readonly #tokens: TokenRows;
  readonly #apiTokens: ApiTokenRows;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#certificates = new CertificateRows(database);
    this.#tokens = new TokenRows(database);
    this.#apiTokens = new ApiTokenRows(database);
    this.#key = database.prepare("SELECT * FROM keys WHERE pin = ?");
  }

  key(pin: KeyPin): KeyRecord | undefined {
    const row = this.#key.get(pin) as KeyRow | undefined;
    return row && toKeyRecord(row);
  }

  /** The key as it stands on this machine; here as it is in its row. */
  barred<Key extends KeyStanding>(key: Key): Key {
    return key;
  }

  keysOfName(folded: string): readonly KeyRecord[] {
    return this.#keys(
      "SELECT * FROM keys WHERE name_key = ? ORDER BY first_seen IS NULL, first_seen, pin",
      folded,
    );
  }

  keysClaiming(folded: string): readonly KeyRecord[] {
    return this.#keys(
      "SELECT * FROM keys WHERE name_key IS NULL AND claimed_key = ? ORDER BY first_seen IS NULL, first_seen, pin",
      folded,
    );
  }

  keysByPinPrefix(prefix: string): readonly KeyRecord[] {
    return this.#keys(
      "SELECT * FROM keys WHERE pin >= ? AND pin < ? || '~' ORDER BY pin LIMIT 1000",
      prefix,
      prefix,
    );
  }

  keysByFingerprint(fingerprint: string): readonly KeyRecord[] {
    const sql = `SELECT * FROM keys WHERE number IN (SELECT key FROM certificates
      WHERE substr(fingerprint, 1, 16) = substr(?, 1, 16) AND fingerprint = ?) ORDER BY pin`;
    return this.#keys(sql, fingerprint, fingerprint);
  }

  conflictsOf(pin: KeyPin): readonly KeyRecord[] {
    return this.#keys("SELECT * FROM keys WHERE conflicts_with = ? ORDER BY first_seen, pin", pin);
  }

  keysWaitingFor(folded: string): readonly KeyRecord[] {
    return this.#keys(
      "SELECT * FROM keys WHERE state = 'pending' AND name_key IS NULL AND coalesce(new_key, claimed_key) = ? ORDER BY first_seen, pin",
      folded,
    );
  }

  /** Even ones for what is decided, odd ones for keys that wait. */
  nextVersion(isWaiting: boolean): number {
    const { decided, waiting } = this.versions();
    if (isWaiting) this.#run("UPDATE key_versions SET waiting = ?", waiting + 2);
    else this.#run("UPDATE key_versions SET decided = ?", decided + 2);
    return (isWaiting ? waiting : decided) + 2;
  }

  /** The last ones that were given out. */
  protected versions(): VersionsGiven {
    return this.#one("SELECT decided, waiting FROM key_versions LIMIT 1") as VersionsGiven;
  }

  putKey(key: KeyRecord, seenAt = 0): void {
    this.#run(
      PUT_KEY,
      key.pin,
      key.state,
      key.peer,
      key.nameKey,
      key.claimedName,
      key.claimedKey,
      key.newName,
      key.newKey,
      key.source,
      key.fingerprint,
      key.firstSeen,
      key.firstAddress,
      key.expires,
      key.conflictsWith,
      key.staleSeen ? 1 : 0,
      key.endorsesFrom,
      key.note,
      key.version,
      key.firstSeen ?? NEVER,
      searchedText(key),
    );
    // Lists find by it who was not seen for long, or never.
    this.noteSeen(key.pin, seenAt);
  }

  /** That a key was seen, unless it was seen later. */
  noteSeen(pin: KeyPin, at: number): void {
    const isNew =
      this.#run("INSERT OR IGNORE INTO seen SELECT number, pin, ? FROM keys WHERE pin = ?", at, pin) > 0;
    if (!isNew && at > 0)
      this.#run(
        "UPDATE seen SET last_seen = ? WHERE key = (SELECT number FROM keys WHERE pin = ?) AND last_seen < ?",
        at,
        pin,
        at,
      );
  }

  /** Returns the key that is gone. */
  deleteKey(pin: KeyPin): KeyRecord | undefined {
    const row = this.#one("DELETE FROM keys WHERE pin = ? RETURNING *", pin) as
      | (KeyRow & { number: number })
      | undefined;
    this.#run("DELETE FROM looked WHERE pin = ?", pin);
    if (row === undefined) return undefined;
    this.#certificates.delete(row.number);
    this.#run("DELETE FROM seen WHERE key = ?", row.number);
    return toKeyRecord(row);
  }

  putCertificate(certificate: CertificateRecord, kept: number = CERTIFICATES_KEPT): void {
    this.#certificates.put(certificate, this.countCertificates(certificate.pin), kept);
  }

  protected countCertificates(pin: KeyPin): number {
    return this.#certificates.count(pin);
  }

  putTombstone(pin: KeyPin, at: number): void {
    this.#run("INSERT OR REPLACE INTO tombstones VALUES (?,?)", pin, at);
  }

  tombstone(pin: KeyPin): number | undefined {
    const row = this.#one("SELECT at FROM tombstones WHERE pin = ?", pin) as { at: number } | undefined;
    return row?.at;
  }

  lookedAt(pin: KeyPin): number | null {
    const row = this.#one("SELECT at FROM looked WHERE pin = ?", pin) as { at: number } | undefined;
    return row?.at ?? null;
  }

  token(id: string): TokenRecord | undefined {
    return this.#tokens.byId(id);
  }

  putToken(token: TokenRecord): void {
    this.#tokens.put(token);
  }

  tokensFor(folded: string): readonly TokenRecord[] {
    return this.#tokens.of(folded);
  }

  /** Returns those that are gone, and what was noted about them. */
  dropTokens(endedBefore: number): DroppedTokens {
    return this.#tokens.drop(endedBefore);
  }

  apiToken(id: string): ApiTokenRecord | undefined {
    return this.#apiTokens.byId(id);
  }

  apiTokensCalled(folded: string): readonly ApiTokenRecord[] {
    return this.#apiTokens.called(folded);
  }

  /** Returns another that is gone for it. */
  putApiToken(token: ApiTokenRecord): readonly ApiTokenRecord[] {
    return this.#apiTokens.put(token);
  }

  /** Returns those that are gone. */
  dropApiTokens(endedBefore: number): readonly ApiTokenRecord[] {
    return this.#apiTokens.drop(endedBefore);
  }

  noteOnce(problem: string, about: string): boolean {
    const done = this.#run("INSERT OR IGNORE INTO noted VALUES (?,?)", problem, about);
    return done > 0;
  }

  isMember(groupKey: string, folded: string): boolean {
    const sql = "SELECT 1 FROM group_members WHERE name_key = ? AND group_key = ?";
    return this.#one(sql, folded, groupKey) !== undefined;
  }

  memberships(folded: string): readonly GroupMember[] {
    const sql = `SELECT group_name AS "group", group_key AS groupKey, name_key AS nameKey, added_at AS addedAt
      FROM group_members WHERE name_key = ? ORDER BY group_key`;
    return this.#all(sql, folded) as unknown as readonly GroupMember[];
  }

  membersOf(groupKey: string): readonly GroupMember[] {
    const sql = `SELECT group_name AS "group", group_key AS groupKey, name_key AS nameKey, added_at AS addedAt
      FROM group_members WHERE group_key = ? ORDER BY name_key`;
    return this.#all(sql, groupKey) as unknown as readonly GroupMember[];
  }

  putMember({ group, groupKey, nameKey, addedAt }: GroupMember): void {
    this.#run("INSERT OR REPLACE INTO group_members VALUES (?,?,?,?)", nameKey, groupKey, group, addedAt);
  }

  /** Returns who is not in it any more. */
  deleteMember(folded: string, groupKey: string): GroupMember | undefined {
    const sql = `DELETE FROM group_members WHERE name_key = ? AND group_key = ?
      RETURNING group_name AS "group", group_key AS groupKey, name_key AS nameKey, added_at AS addedAt`;
    return this.#one(sql, folded, groupKey) as GroupMember | undefined;
  }

  makeRoomForPending(most: number, now: number): void {
    // Those that are to lapse next are the oldest. To look at all for each stranger would cost a flood's victim dear.
    const lapsed = this.#pins(
      `SELECT pin FROM (SELECT pin, expires FROM keys WHERE ${this.droppable} ORDER BY first_seen, pin LIMIT ${LAPSED_AT_ONCE})
         WHERE expires <= ?`,
      now,
    );
    for (const pin of lapsed) this.deleteKey(pin);
    const { count } = this.#one(`SELECT count(*) AS count FROM keys WHERE ${this.droppable}`) as {
      count: number;
    };
    const surplus = Math.max(0, count + 1 - most);
    const oldest = this.#pins(
      `SELECT pin FROM keys WHERE ${this.droppable} ORDER BY first_seen, pin LIMIT ?`,
      surplus,
    );
    for (const pin of oldest) this.deleteKey(pin);
    if (oldest.length > 0) countDropped(this.#database, "pending-keys", oldest.length);
  }

  firstUseWindow(): FirstUseWindow | null {
    const row = this.#one(
      'SELECT event, until, most AS max, network AS "from", taken FROM first_use_window LIMIT 1',
    );
    return row === undefined ? null : { ...(row as FirstUseWindow) };
  }

  putFirstUseWindow(window: FirstUseWindow | null): void {
    this.#run("DELETE FROM first_use_window");
    if (window === null) return;
    const { event, until, max, from, taken } = window;
    this.#run("INSERT INTO first_use_window VALUES (?,?,?,?,?)", event, until, max, from, taken);
  }

  setting(name: string): string | undefined {
    const row = this.#one("SELECT value FROM settings WHERE name = ?", name) as { value: string } | undefined;
    return row?.value;
  }

  putSetting(name: string, value: string): void {
    this.#run("INSERT OR REPLACE INTO settings VALUES (?,?)", name, value);
  }

  head(): ChainHead {
    const { sequence, hash } = this.end();
    return { sequence, hash };
  }

  event(sequence: number): TrustEvent | undefined {
    const row = this.#one("SELECT sequence, json FROM events WHERE sequence = ?", sequence);
    return row === undefined ? undefined : toEvent(row as EventRow);
  }

  eventsAbout(subject: string): readonly TrustEvent[] {
    const { text, values } = isAbout(subject);
    const rows = this.#all(`SELECT sequence, json FROM events WHERE ${text} ORDER BY sequence`, ...values);
    return rows.map((row) => toEvent(row as unknown as EventRow));
  }

  appendEvent(draft: EventDraft): void {
    const end = this.end();
    this.putEvent(sealEvent(end, draft), Math.max(draft.at, end.reached));
  }

  protected putEvent({ sequence, json, hash }: SealedEvent, reached: number): void {
    const sql = "INSERT INTO events (sequence, json, hash, reached) VALUES (?, ?, ?, ?)";
    this.#run(sql, sequence, json, hash, reached);
  }

  protected end(): ChainEnd {
    const row = this.#one("SELECT sequence, hash, reached FROM events ORDER BY sequence DESC LIMIT 1");
    return (row as ChainEnd | undefined) ?? { ...CHAIN_START, reached: 0 };
  }

  #keys(sql: string, ...values: SQLInputValue[]): readonly KeyRecord[] {
    return (this.#all(sql, ...values) as unknown as KeyRow[]).map(toKeyRecord);
  }

  #pins(sql: string, ...values: SQLInputValue[]): readonly KeyPin[] {
    return this.#all(sql, ...values).map(({ pin }) => pin as KeyPin);
  }

  #all(sql: string, ...values: SQLInputValue[]): Record<string, SQLOutputValue>[] {
    return this.#prepare(sql).all(...values);
  }

  #one(sql: string, ...values: SQLInputValue[]): unknown {
    return this.#prepare(sql).get(...values);
  }

  /** How many rows it changed. */
  #run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}
