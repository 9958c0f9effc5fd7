import type { DatabaseSync } from "node:sqlite";
import type { HandclaspError } from "../../errors.ts";
import type { Change, Outcome } from "../../trust/records/change.ts";
import type { AuditReport } from "../../trust/chain/audit-rows.ts";
import type { ChainHead, SealedEvent } from "../../trust/records/events.ts";
import type { CertificateRecord, KeyPin, KeyRecord } from "../../trust/records/key-record.ts";
import { prepareChange } from "../../trust/prepare-change.ts";
import type { KeyReference } from "../../trust/naming/key-reference.ts";
import { keysMeantBy } from "../../trust/naming/resolve-keys.ts";
import type { TokenRecord } from "../../trust/records/token-record.ts";
import type { Anew, SightingBatch } from "../../trust/port/ledger.ts";
import type { ApiTokenRecord } from "../../trust/records/api-token-record.ts";
import type { ListedApiToken, SessionRecord } from "../../trust/port/desk.ts";
import type { Page } from "../../trust/port/page.ts";
import { StoreUrl } from "../../trust/port/store-url.ts";
import type {
  EventFilter,
  KeyFilter,
  KeySurroundings,
  ListedConnection,
  ListedGroup,
  ListedKey,
  ListedMember,
  ListedRefusal,
  MemberFilter,
  RefusalFilter,
  RefusalTally,
  Search,
} from "../../trust/port/roll.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { StoreReport, StoreStats } from "../../trust/port/upkeep.ts";
import { backUp } from "./file/back-up.ts";
import { SqliteDesk } from "./desk/sqlite-desk.ts";
import { EventFeed } from "./file/event-feed.ts";
import { auditDatabase, checkDatabase } from "./tables/check-database.ts";
import { toReadError } from "./snapshot/being-filled.ts";
import { countRows } from "./tables/count-rows.ts";
import { BarredTables } from "./tables/barred-tables.ts";
import { KeyCache } from "./tables/key-cache.ts";
import { LiveRun, NOTHING_SEEN } from "./sightings/live-run.ts";
import { openWholeFile } from "./file/whole-file.ts";
import { realStorePath } from "./file/real-store-path.ts";
import { SCHEMA } from "./file/schema.ts";
import { isListed } from "./sightings/sightings.ts";
import { openToRead } from "./file/sqlite-file.ts";
import type { StoreFile } from "./store-file.ts";
import { KeyList } from "./lists/key-list.ts";
import { SqliteRoll } from "./lists/sqlite-roll.ts";
import { Surroundings } from "./lists/surroundings.ts";
import { checkStoreOptions, type StoreOptions } from "./store-options.ts";
import { SqliteTables } from "./tables/sqlite-tables.ts";
import { SqliteWriter, type Write } from "./writing/sqlite-writer.ts";
import {
  closedStore,
  DirectChannel,
  NoChannel,
  ThreadChannel,
  type WriteChannel,
} from "./writing/write-channel.ts";

export type { StoreOptions };

/** Opens (or makes) the store in a file; several processes may have it open. Throws ERR_HANDCLASP_STORE_*. */
export function openSqliteStore(path: string, options: StoreOptions = {}): TrustStore {
  const real = realStorePath(path);
  const at = { url: StoreUrl.sqlite(path).toString(), path: real };
  if (options.readOnly !== true)
    return new SqliteStore(openWholeFile(real), { ...at, channel: new ThreadChannel(real) }, options);
  const { database, failure } = openToRead(real);
  return new SqliteStore(database, { ...at, channel: new NoChannel(real), failure }, options);
}

/** Used by `openMemoryStore` too: the same rows, nothing on disk. */
export class SqliteStore implements TrustStore {
  readonly url: string;
  readonly #path: string | null;
  readonly #isReadOnly: boolean;
  readonly #file: StoreFile | null;
  readonly #database: DatabaseSync;
  readonly #tables: SqliteTables;
  readonly #keys: Pick<SqliteTables, "key">;
  readonly #roll: SqliteRoll;
  readonly #desk: SqliteDesk;
  readonly #keyList: KeyList;
  readonly #surroundings: Surroundings;
  readonly #channel: WriteChannel;
  readonly #feed: EventFeed;
  readonly #run: LiveRun;
  readonly #now: () => number;
  #closed = false;

  /** `file` is null for a store in memory that is nothing else. */
  constructor(database: DatabaseSync, file: StoreFile | null, options: StoreOptions) {
    checkStoreOptions(options);
    const path = file?.path ?? null;
    this.url = file?.url ?? StoreUrl.memory.toString();
    this.#path = path;
    this.#isReadOnly = options.readOnly === true;
    this.#file = file;
    this.#database = database;
    this.#channel = file?.channel ?? new DirectChannel(new SqliteWriter(database));
    this.#tables = new (file?.shared === undefined ? SqliteTables : BarredTables)(database);
    // A store in memory has one connection, which writes: there is nothing to wait for in it anyhow.
    this.#keys = path === null ? this.#tables : new KeyCache(database, this.#tables);
    this.#roll = new SqliteRoll(database, file?.machine);
    this.#desk = new SqliteDesk(database);
    this.#keyList = new KeyList(database, (key) => this.#tables.barred(key));
    this.#surroundings = new Surroundings(database, file?.machine);
    this.#feed = new EventFeed(database, path);
    this.#run = new LiveRun(options.process ?? `node ${process.pid}`, () => void this.#beat());
    this.#now = options.now ?? Date.now;
  }

  key(pin: KeyPin): KeyRecord | undefined {
    this.#mustBeSure();
    try {
      return this.#keys.key(pin);
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  keysOfName(nameKey: string): readonly KeyRecord[] {
    return this.#know(() => this.#tables.keysOfName(nameKey));
  }

  isForgotten(pin: KeyPin): boolean {
    return this.#know(() => this.#tables.tombstone(pin) !== undefined);
  }

  token(id: string): TokenRecord | undefined {
    return this.#know(() => this.#tables.token(id));
  }

  isMember(groupKey: string, nameKey: string): boolean {
    return this.#know(() => this.#tables.isMember(groupKey, nameKey));
  }

  groupsOf(nameKey: string): readonly string[] {
    return this.#know(() => this.#tables.memberships(nameKey).map(({ group }) => group));
  }

  firstUseWindow(): ReturnType<TrustStore["firstUseWindow"]> {
    return this.#know(() => this.#tables.firstUseWindow());
  }

  lookedAt(pin: KeyPin): number | null {
    return this.#read(() => this.#tables.lookedAt(pin));
  }

  head(): ChainHead {
    return this.#read(() => this.#tables.head());
  }

  revision(): number {
    return this.#read(() => this.#feed.revision());
  }

  setting(name: string): string | undefined {
    return this.#read(() => this.#tables.setting(name));
  }

  async listKeys(filter: KeyFilter = {}): Promise<Page<ListedKey>> {
    return this.#read(() => this.#keyList.page(filter));
  }

  async keysMeantBy(reference: KeyReference): Promise<readonly KeyRecord[]> {
    return this.#read(() => keysMeantBy(this.#tables, reference));
  }

  async listCertificates(pin: KeyPin): Promise<readonly CertificateRecord[]> {
    return this.#read(() => this.#roll.certificates(pin));
  }

  async surroundings(pins: readonly KeyPin[]): Promise<readonly KeySurroundings[]> {
    return this.#read(() => this.#surroundings.of(pins, this.#now()));
  }

  async listEvents(filter: EventFilter = {}): Promise<Page<SealedEvent>> {
    return this.#read(() => this.#roll.events(filter));
  }

  async listRefusals(filter: RefusalFilter = {}): Promise<Page<ListedRefusal>> {
    return this.#read(() => this.#roll.refusals(filter));
  }

  async tallyRefusals(since: number): Promise<readonly RefusalTally[]> {
    return this.#read(() => this.#surroundings.tally(since));
  }

  async listConnections(filter: Search = {}): Promise<Page<ListedConnection>> {
    return this.#read(() => this.#roll.connections(filter, this.#now()));
  }

  async listTokens(filter: Search = {}): Promise<Page<TokenRecord>> {
    return this.#read(() => this.#roll.tokens(filter));
  }

  async listGroups(filter: Search = {}): Promise<Page<ListedGroup>> {
    return this.#read(() => this.#roll.groups(filter));
  }

  async listMembers(filter: MemberFilter = {}): Promise<Page<ListedMember>> {
    return this.#read(() => this.#roll.members(filter));
  }

  apiToken(hash: string): ApiTokenRecord | undefined {
    return this.#know(() => this.#desk.apiToken(hash));
  }

  async listApiTokens(filter: Search = {}): Promise<Page<ListedApiToken>> {
    return this.#read(() => this.#desk.apiTokens(filter));
  }

  session(hash: string): SessionRecord | undefined {
    return this.#know(() => this.#desk.session(hash));
  }

  async putSession(session: SessionRecord): Promise<void> {
    await this.#write({ kind: "session", session });
  }

  async endSession(hash: string): Promise<void> {
    await this.#write({ kind: "session-end", by: "hash", value: hash });
  }

  async endSessions(of: string): Promise<void> {
    await this.#write({ kind: "session-end", by: "of", value: of });
  }

  async apply(change: Change): Promise<Outcome> {
    return this.#write({ kind: "change", change: prepareChange(change) });
  }

  async tryOut(change: Change): Promise<Outcome> {
    return this.#write({ kind: "trial", change: prepareChange(change) });
  }

  async record(batch: SightingBatch): Promise<void> {
    if (this.#closed) throw closedStore();
    this.#run.note(batch);
    try {
      const isThere = this.#read(() => isListed(this.#database, this.#run.id));
      const seen = this.#run.toWrite(batch, isThere, this.#now());
      await this.#write({ kind: "sightings", ...seen });
      if (seen.by.isWhole) this.#run.written();
    } catch (error) {
      this.#run.missed();
      throw error;
    }
  }

  async putSetting(name: string, value: string, former?: string | null): Promise<void> {
    await this.#write({ kind: "setting", name, value, former });
  }

  onEvents(listener: (events: readonly SealedEvent[]) => void): () => void {
    return this.#feed.listen(listener);
  }

  onAnew(listener: (anew: Anew) => void): () => void {
    return this.#feed.listenAnew(listener);
  }

  audit(): AuditReport {
    return this.#read(() => auditDatabase(this.#database));
  }

  check(): StoreReport {
    return this.#read(() => checkDatabase(this.#database));
  }

  stats(): StoreStats {
    return this.#read(() => ({ url: this.url, schema: SCHEMA, ...countRows(this.#database, this.#path) }));
  }

  replication(): ReturnType<TrustStore["replication"]> {
    return this.#file?.shared?.replication() ?? null;
  }

  async nodes(): ReturnType<TrustStore["nodes"]> {
    return (await this.#file?.shared?.nodes()) ?? [];
  }

  async compareWithLog(): Promise<readonly string[]> {
    this.#mustBeReadable();
    return (await this.#file?.shared?.compareWithLog?.()) ?? [];
  }

  async catchUp(): Promise<void> {
    this.#mustBeReadable();
    await this.#file?.shared?.catchUp();
  }

  async backup(to: string): Promise<void> {
    this.#mustBeReadable();
    backUp(this.#database, this.#isReadOnly ? null : this.#path, to);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const farewell = this.#feed.failure === undefined && this.#run.isListed;
    this.#run.end();
    // Without it the list would forget us half a minute later: that is no reason to fail.
    if (farewell) void this.#beat();
    this.#closed = true;
    this.#feed.stop();
    await this.#channel.close();
    this.#database.close();
    this.#file?.shared?.closed?.();
    const failure = this.#file?.failure?.();
    if (failure !== undefined) throw failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #write(write: Write): Promise<Outcome> {
    this.#mustBeReadable();
    const { outcome } = await this.#channel.write(write);
    if (!this.#closed) this.#feed.announce();
    return outcome;
  }

  async #beat(): Promise<void> {
    // Who waits for a write is told what is wrong; the next beat tries again.
    await this.record(NOTHING_SEEN).catch(() => undefined);
  }

  #read<T>(read: () => T): T {
    this.#mustBeReadable();
    try {
      return read();
    } catch (error) {
      throw this.#unreadable(error);
    }
  }

  /** For what verdicts are made of, and who may decide. */
  #know<T>(read: () => T): T {
    this.#mustBeSure();
    return this.#read(read);
  }

  #unreadable(error: unknown): HandclaspError {
    return toReadError(this.#database, error, this.#path);
  }

  #mustBeSure(): void {
    this.#mustBeReadable();
    const unsure = this.#feed.unsure ?? this.#file?.shared?.unsure();
    if (unsure !== undefined) throw unsure;
  }

  #mustBeReadable(): void {
    if (this.#closed) throw closedStore();
    const failure = this.#feed.failure ?? this.#file?.failure?.();
    if (failure !== undefined) throw failure;
  }
}
