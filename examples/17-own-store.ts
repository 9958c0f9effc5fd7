// A trust store of one's own, over Maps, in one process: from what handclasp exports, and nothing else.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { serialize } from "node:v8";
import {
  type ApiTokenRecord,
  applyChange,
  type AuditReport,
  auditRows,
  type CertificateRecord,
  type Change,
  type ChainHead,
  type EventFilter,
  type FirstUseWindow,
  HandclaspError,
  type KeyFilter,
  type KeyPin,
  type KeyRecord,
  type KeyReference,
  type KeySurroundings,
  keysMeantBy,
  type ListedApiToken,
  type ListedConnection,
  type ListedGroup,
  type ListedKey,
  type ListedMember,
  type MemberFilter,
  nameKey,
  type Outcome,
  type Page,
  prepareChange,
  type RefusalFilter,
  refusalPlace,
  type RefusalSighting,
  type RefusalTally,
  type Search,
  type SealedEvent,
  type SightingBatch,
  type SessionRecord,
  type StoreReport,
  type StoreStats,
  type TokenRecord,
  type TrustStore,
} from "../src/index.ts";
import {
  type Besides,
  eventsOf,
  groupsOf,
  isFoundIn,
  isWantedKey,
  isWantedRefusal,
  membersOf,
  mustBeMoments,
  networkOf,
  pageOf,
  Refusals,
  Sessions,
} from "./17-own-store-lists.ts";
import { MapRows, memberKey } from "./17-own-store-rows.ts";

export class MapStore implements TrustStore {
  readonly url = "map:";
  readonly #run = randomUUID();
  readonly #listeners = new Set<(events: readonly SealedEvent[]) => void>();
  readonly #connections = new Map<string, ListedConnection>();
  readonly #sessions = new Sessions();
  #current = new MapRows();
  readonly #refusals = new Refusals();
  #writes = 0;
  #isClosed = false;

  // Knowledge

  key(pin: KeyPin): KeyRecord | undefined {
    return this.#rows.key(pin);
  }

  keysOfName(name: string): readonly KeyRecord[] {
    return this.#rows.keysOfName(name);
  }

  isForgotten(pin: KeyPin): boolean {
    return this.#rows.tombstone(pin) !== undefined;
  }

  token(id: string): TokenRecord | undefined {
    return this.#rows.token(id);
  }

  groupsOf(name: string): readonly string[] {
    return this.#rows.memberships(name).map(({ group }) => group);
  }

  isMember(groupKey: string, name: string): boolean {
    return this.#rows.members.has(memberKey(groupKey, name));
  }

  firstUseWindow(): FirstUseWindow | null {
    return this.#rows.firstUseWindow();
  }

  // Ledger

  async apply(change: Change): Promise<Outcome> {
    const { outcome, rows } = this.#carryOut(change);
    const events = rows.events.slice(this.#current.events.length);
    this.#current = rows;
    this.#writes++;
    for (const listener of events.length === 0 ? [] : this.#listeners) {
      queueMicrotask(() => this.#listeners.has(listener) && listener(events));
    }
    return outcome;
  }

  async tryOut(change: Change): Promise<Outcome> {
    return this.#carryOut(change).outcome;
  }

  async record({ seen, refusals, opened, closed, looked = [], used = [] }: SightingBatch): Promise<void> {
    for (const { pin, at } of looked) this.#rows.noteLooked(pin, at);
    for (const { pin, at } of seen) if (this.#rows.key(pin) !== undefined) this.#rows.noteSeen(pin, at);
    for (const { apiToken, at } of used) this.#rows.noteUse(apiToken, at);
    const run = { process: `node ${process.pid}`, run: this.#run };
    for (const connection of opened) this.#connections.set(connection.id, { ...connection, ...run });
    for (const id of closed) this.#connections.delete(id);
    if (refusals.length > 0) this.#refusals.add(refusals);
    this.#writes++;
    this.#mustBeOpen();
  }

  onEvents(listener: (events: readonly SealedEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  onAnew(): () => void {
    return () => undefined;
  }

  head(): ChainHead {
    return this.#rows.head();
  }

  revision(): number {
    this.#mustBeOpen();
    return this.#writes;
  }

  setting(name: string): string | undefined {
    return this.#rows.settings.get(name);
  }

  async putSetting(name: string, value: string, former?: string | null): Promise<void> {
    const { settings } = this.#rows;
    if (former !== undefined && (settings.get(name) ?? null) !== former) {
      throw new HandclaspError("ERR_HANDCLASP_CONFLICT", `"${name}" was written by somebody else`);
    }
    settings.set(name, value);
    this.#writes++;
  }

  // Roll

  async listKeys(filter: KeyFilter = {}): Promise<Page<ListedKey>> {
    mustBeMoments(filter);
    const { keys, seen } = this.#rows;
    const listed = Array.from(keys.values(), (key) => ({ ...key, lastSeen: seen.get(key.pin) ?? null }));
    const wanted = listed.filter((key) => isWantedKey(key, filter, this.#besides(key)));
    return pageOf(
      "keys",
      wanted,
      ({ firstSeen, pin }) => [firstSeen ?? Number.MAX_SAFE_INTEGER, pin],
      filter,
    );
  }

  async keysMeantBy(reference: KeyReference): Promise<readonly KeyRecord[]> {
    return keysMeantBy(this.#rows, reference);
  }

  async listCertificates(pin: KeyPin): Promise<readonly CertificateRecord[]> {
    return (this.#rows.certificates.get(pin) ?? []).toReversed();
  }

  async surroundings(pins: readonly KeyPin[]): Promise<readonly KeySurroundings[]> {
    return pins.map((pin) => {
      const name = this.#rows.keys.get(pin)?.nameKey ?? null;
      const refusals = this.#refusals.of(pin);
      return {
        pin,
        certificate: this.#rows.certificates.get(pin)?.at(-1)?.der ?? null,
        groups: name === null ? [] : this.groupsOf(name),
        connections: [...this.#connections.values()].filter((connection) => connection.pin === pin).length,
        refused: refusals.reduce((sum, { count }) => sum + count, 0),
        lastRefusal: refusals.at(-1) ?? null,
      };
    });
  }

  async listEvents(filter: EventFilter = {}): Promise<Page<SealedEvent>> {
    return eventsOf(this.#rows.events, filter, (search) => this.#subjects(search));
  }

  async listRefusals(filter: RefusalFilter = {}): Promise<Page<RefusalSighting>> {
    this.#mustBeOpen();
    if (filter.network !== undefined) networkOf(filter.network);
    const found = filter.search === undefined ? new Set<string>() : this.#found(filter.search);
    const wanted = this.#refusals.all.filter((refusal) => isWantedRefusal(refusal, filter, found));
    return pageOf("refusals", wanted, (refusal) => [-refusal.lastAt, refusalPlace(refusal)], filter);
  }

  async tallyRefusals(since: number): Promise<readonly RefusalTally[]> {
    this.#mustBeOpen();
    return this.#refusals.tally(since);
  }

  async listConnections(filter: Search = {}): Promise<Page<ListedConnection>> {
    this.#mustBeOpen();
    const found = filter.search === undefined ? new Set<string>() : this.#found(filter.search);
    const wanted = [...this.#connections.values()].filter(({ id, pin, peer, process: by, remoteAddress }) => {
      return found.has(pin) || isFoundIn(filter.search, [id, by], [nameKey(peer), remoteAddress]);
    });
    return pageOf("connections", wanted, ({ since, id }) => [since, id], filter);
  }

  async listTokens(filter: Search = {}): Promise<Page<TokenRecord>> {
    const wanted = [...this.#rows.tokens.values()].filter(({ id, nameKey: name }) => {
      return isFoundIn(filter.search, [], [name, id]);
    });
    return pageOf("tokens", wanted, ({ createdAt, id }) => [-createdAt, id], filter);
  }

  async listGroups(filter: Search = {}): Promise<Page<ListedGroup>> {
    const groups = groupsOf(this.#rows.members.values());
    const wanted = groups.filter(({ groupKey }) => isFoundIn(filter.search, [], [groupKey]));
    return pageOf("groups", wanted, ({ groupKey }) => [groupKey], filter);
  }

  async listMembers(filter: MemberFilter = {}): Promise<Page<ListedMember>> {
    const { members } = this.#rows;
    return membersOf(members.values(), filter, (name) => this.#rows.keysOfName(name)[0]?.peer ?? name);
  }

  // Desk

  lookedAt(pin: KeyPin): number | null {
    return this.#rows.looked.get(pin) ?? null;
  }

  apiToken(hash: string): ApiTokenRecord | undefined {
    return [...this.#rows.apiTokens.values()].find((token) => token.hash === hash);
  }

  async listApiTokens(filter: Search = {}): Promise<Page<ListedApiToken>> {
    const { apiTokens, uses } = this.#rows;
    const wanted = [...apiTokens.values()].filter(({ id, nameKey: name }) => {
      return isFoundIn(filter.search, [], [name, id]);
    });
    const listed = wanted.map((token) => ({ ...token, lastUsed: uses.get(token.id) ?? null }));
    return pageOf("api-tokens", listed, ({ createdAt, id }) => [-createdAt, id], filter);
  }

  session(hash: string): SessionRecord | undefined {
    this.#mustBeOpen();
    return this.#sessions.get(hash);
  }

  async putSession(session: SessionRecord): Promise<void> {
    this.#mustBeOpen();
    this.#sessions.add(session);
  }

  async endSession(hash: string): Promise<void> {
    this.#mustBeOpen();
    this.#sessions.delete(hash);
  }

  async endSessions(of: string): Promise<void> {
    this.#mustBeOpen();
    for (const session of this.#sessions.values()) if (session.of === of) this.#sessions.delete(session.hash);
  }

  // Upkeep

  audit(): AuditReport {
    return auditRows(this.#rows.events, this.#rows.toCompare());
  }

  check(): StoreReport {
    return { ...this.audit(), problems: [] };
  }

  stats(): StoreStats {
    const keys = { pending: 0, trusted: 0, revoked: 0, ignored: 0, retired: 0 };
    for (const { state } of this.#rows.keys.values()) keys[state] += 1;
    return {
      url: this.url,
      schema: 1,
      keys,
      certificates: [...this.#rows.certificates.values()].flat().length,
      events: this.#rows.events.length,
      refusals: this.#refusals.all.length,
      dropped: { pendingKeys: this.#rows.droppedKeys, refusals: this.#refusals.dropped },
      bytes: null,
    };
  }

  readonly replication = (): null => null;

  readonly nodes = async (): Promise<readonly []> => [];

  async catchUp(): Promise<void> {}

  async backup(path: string): Promise<void> {
    writeFileSync(path, serialize(Object.entries(this.#rows)), { flag: "wx", mode: 0o600 });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #rows(): MapRows {
    this.#mustBeOpen();
    return this.#current;
  }

  #mustBeOpen(): void {
    if (this.#isClosed) throw new HandclaspError("ERR_HANDCLASP_STORE_CLOSED", "the trust store was closed");
  }

  /** On a copy of the rows: what fails half-way, or was only tried out, leaves nothing. */
  #carryOut(change: Change): { readonly outcome: Outcome; readonly rows: MapRows } {
    const rows = new MapRows(this.#rows);
    return { outcome: applyChange(rows, prepareChange(change)), rows };
  }

  /** What a key is found by that is not in its record. */
  #besides({ pin: of, nameKey: name }: KeyRecord): Besides {
    const members = [...this.#rows.members.values()].filter((member) => member.nameKey === name);
    return {
      groups: members.map(({ groupKey }) => groupKey),
      addresses: this.#refusals.of(of).flatMap(({ address }) => address ?? []),
    };
  }

  /** The keys that a text finds. */
  #found(search: string): ReadonlySet<string> {
    const found = [...this.#rows.keys.values()].filter((key) => {
      return isWantedKey({ ...key, lastSeen: null }, { search }, this.#besides(key));
    });
    return new Set(found.map(({ pin }) => pin));
  }

  /** What events about these keys are about: pins, and names of peers. */
  #subjects(search: string): ReadonlySet<string> {
    const pins = this.#found(search);
    const peers = [...pins].flatMap((pin) => this.#rows.keys.get(pin as KeyPin)?.peer ?? []);
    return new Set([...pins, ...peers]);
  }
}
