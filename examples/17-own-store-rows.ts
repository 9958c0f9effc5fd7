// The rows of a store of one's own, in Maps: what a change reads and writes (`TrustTables`), and what an audit compares.
import {
  type ApiTokenRecord,
  type CertificateRecord,
  CHAIN_START,
  type ChainHead,
  type EventDraft,
  type FirstUseWindow,
  type GroupMember,
  type KeyPin,
  type KeyRecord,
  parseEvent,
  sealEvent,
  type SealedEvent,
  type TokenRecord,
  type TrustEvent,
  type TrustRows,
  type TrustTables,
} from "../src/index.ts";

export class MapRows implements TrustTables {
  readonly keys: Map<KeyPin, KeyRecord>;
  readonly seen: Map<KeyPin, number>;
  readonly looked: Map<KeyPin, number>;
  /** By pin; the newest last. */
  readonly certificates: Map<KeyPin, readonly CertificateRecord[]>;
  readonly tombstones: Map<KeyPin, number>;
  readonly tokens: Map<string, TokenRecord>;
  readonly apiTokens: Map<string, ApiTokenRecord>;
  /** When API tokens were used last. */
  readonly uses: Map<string, number>;
  readonly members: Map<string, GroupMember>;
  readonly noted: Map<string, { readonly problem: string; readonly about: string }>;
  readonly settings: Map<string, string>;
  readonly events: SealedEvent[];
  droppedKeys: number;
  window: FirstUseWindow | null;
  version: number;

  /** Empty, or a copy: a change is carried out on one, which is put in place when it was not in vain. */
  constructor(from?: MapRows) {
    this.keys = new Map(from?.keys);
    this.seen = new Map(from?.seen);
    this.looked = new Map(from?.looked);
    this.certificates = new Map(from?.certificates);
    this.tombstones = new Map(from?.tombstones);
    this.tokens = new Map(from?.tokens);
    this.apiTokens = new Map(from?.apiTokens);
    this.uses = new Map(from?.uses);
    this.members = new Map(from?.members);
    this.noted = new Map(from?.noted);
    this.settings = new Map(from?.settings);
    this.events = [...(from?.events ?? [])];
    this.droppedKeys = from?.droppedKeys ?? 0;
    this.window = from?.window ?? null;
    this.version = from?.version ?? 0;
  }

  key(pin: KeyPin): KeyRecord | undefined {
    return this.keys.get(pin);
  }

  keysOfName(name: string): readonly KeyRecord[] {
    return this.#keysWhere(({ nameKey }) => nameKey === name);
  }

  keysClaiming(name: string): readonly KeyRecord[] {
    return this.#keysWhere(({ nameKey, claimedKey }) => nameKey === null && claimedKey === name);
  }

  keysByPinPrefix(prefix: string): readonly KeyRecord[] {
    return this.#keysWhere(({ pin }) => pin.startsWith(prefix));
  }

  keysByFingerprint(fingerprint: string): readonly KeyRecord[] {
    return this.#keysWhere(({ pin }) => this.#has(pin, fingerprint));
  }

  conflictsOf(pin: KeyPin): readonly KeyRecord[] {
    return this.#keysWhere(({ conflictsWith }) => conflictsWith === pin);
  }

  keysWaitingFor(name: string): readonly KeyRecord[] {
    return this.#keysWhere(({ state, nameKey, newKey, claimedKey }) => {
      return state === "pending" && nameKey === null && (newKey ?? claimedKey) === name;
    });
  }

  nextVersion(): number {
    return ++this.version;
  }

  putKey(key: KeyRecord, seenAt?: number): void {
    this.keys.set(key.pin, key);
    if (seenAt !== undefined) this.noteSeen(key.pin, seenAt);
  }

  noteSeen(pin: KeyPin, at: number): void {
    this.seen.set(pin, Math.max(at, this.seen.get(pin) ?? at));
  }

  noteLooked(pin: KeyPin, at: number): void {
    if (this.keys.has(pin)) this.looked.set(pin, Math.max(at, this.looked.get(pin) ?? at));
  }

  noteUse(apiToken: string, at: number): void {
    if (this.apiTokens.has(apiToken)) this.uses.set(apiToken, Math.max(at, this.uses.get(apiToken) ?? at));
  }

  deleteKey(pin: KeyPin): void {
    this.keys.delete(pin);
    this.certificates.delete(pin);
    this.seen.delete(pin);
    this.looked.delete(pin);
  }

  putCertificate(certificate: CertificateRecord, kept = 8): void {
    const { pin, fingerprint } = certificate;
    const others = (this.certificates.get(pin) ?? []).filter((other) => other.fingerprint !== fingerprint);
    this.certificates.set(pin, [...others, certificate].slice(-kept));
  }

  putTombstone(pin: KeyPin, at: number): void {
    this.tombstones.set(pin, at);
  }

  tombstone(pin: KeyPin): number | undefined {
    return this.tombstones.get(pin);
  }

  token(id: string): TokenRecord | undefined {
    return this.tokens.get(id);
  }

  putToken(token: TokenRecord): void {
    this.tokens.set(token.id, token);
  }

  tokensFor(name: string): readonly TokenRecord[] {
    const found = [...this.tokens.values()].filter(({ nameKey }) => nameKey === name);
    return found.toSorted((one, other) => (one.id < other.id ? -1 : 1));
  }

  dropTokens(endedBefore: number): void {
    for (const { id, usedAt, cancelledAt, expires } of this.tokens.values()) {
      if ((usedAt ?? cancelledAt ?? expires) >= endedBefore) continue;
      this.tokens.delete(id);
      for (const [key, { about }] of this.noted) if (about === id) this.noted.delete(key);
    }
  }

  apiToken(id: string): ApiTokenRecord | undefined {
    return this.apiTokens.get(id);
  }

  apiTokensCalled(name: string): readonly ApiTokenRecord[] {
    return [...this.apiTokens.values()].filter(({ nameKey }) => nameKey === name);
  }

  putApiToken(token: ApiTokenRecord): void {
    this.apiTokens.set(token.id, token);
  }

  dropApiTokens(endedBefore: number): void {
    for (const { id, cancelledAt, expires } of this.apiTokens.values()) {
      if ((cancelledAt ?? expires) < endedBefore) this.apiTokens.delete(id);
    }
  }

  memberships(name: string): readonly GroupMember[] {
    const found = [...this.members.values()].filter(({ nameKey }) => nameKey === name);
    return found.toSorted((one, other) => (one.groupKey < other.groupKey ? -1 : 1));
  }

  membersOf(group: string): readonly GroupMember[] {
    const found = [...this.members.values()].filter(({ groupKey }) => groupKey === group);
    return found.toSorted((one, other) => (one.nameKey < other.nameKey ? -1 : 1));
  }

  putMember(member: GroupMember): void {
    this.members.set(memberKey(member.groupKey, member.nameKey), member);
  }

  deleteMember(nameKey: string, groupKey: string): void {
    this.members.delete(memberKey(groupKey, nameKey));
  }

  noteOnce(problem: string, about: string): boolean {
    const key = JSON.stringify([problem, about]);
    if (this.noted.has(key)) return false;
    this.noted.set(key, { problem, about });
    return true;
  }

  makeRoomForPending(most: number, now: number): void {
    // One without an end was set aside by an operator, and is none of those that may go; nor is one with a note.
    const strangers = this.#keysWhere(({ state, expires, note }) => {
      return state === "pending" && expires !== null && note === null;
    });
    const [lapsed, waiting] = [
      strangers.filter(({ expires }) => (expires ?? now) <= now),
      strangers.filter(({ expires }) => (expires ?? now) > now),
    ];
    const surplus = waiting.slice(0, Math.max(0, waiting.length + 1 - most));
    for (const { pin } of [...lapsed, ...surplus]) this.deleteKey(pin);
    this.droppedKeys += surplus.length;
  }

  firstUseWindow(): FirstUseWindow | null {
    return this.window;
  }

  putFirstUseWindow(window: FirstUseWindow | null): void {
    this.window = window;
  }

  head(): ChainHead {
    const last = this.events.at(-1);
    return last === undefined ? CHAIN_START : { sequence: last.sequence, hash: last.hash };
  }

  event(sequence: number): TrustEvent | undefined {
    const sealed = this.events[sequence - 1];
    return sealed && parseEvent(sealed.json);
  }

  eventsAbout(subject: string): readonly TrustEvent[] {
    const events = this.events.flatMap(({ json }) => parseEvent(json) ?? []);
    return events.filter(({ pin, peer }) => (pin ?? peer) === subject);
  }

  appendEvent(draft: EventDraft): void {
    this.events.push(sealEvent(this.head(), draft));
  }

  /** As an audit compares them with what the events come to. */
  toCompare(): TrustRows {
    return {
      keys: this.keys.values(),
      tombstones: Array.from(this.tombstones, ([pin, at]) => ({ pin, at })),
      tokens: this.tokens.values(),
      apiTokens: this.apiTokens.values(),
      members: this.members.values(),
      noted: this.noted.values(),
      firstUseWindow: this.window,
      newestVersion: this.version,
      keysOfName: (name) => this.keysOfName(name),
    };
  }

  /** The longest known first, those never met last; a store with many keys has an index for each of these questions. */
  #keysWhere(isWanted: (key: KeyRecord) => boolean): readonly KeyRecord[] {
    return [...this.keys.values()].filter(isWanted).toSorted((one, other) => {
      const [first, second] = [one.firstSeen ?? Infinity, other.firstSeen ?? Infinity];
      if (first !== second) return first < second ? -1 : 1;
      return one.pin < other.pin ? -1 : 1;
    });
  }

  #has(pin: KeyPin, fingerprint: string): boolean {
    return (this.certificates.get(pin) ?? []).some((certificate) => certificate.fingerprint === fingerprint);
  }
}

export function memberKey(groupKey: string, nameKey: string): string {
  return JSON.stringify([groupKey, nameKey]);
}
