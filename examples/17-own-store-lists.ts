// The lists of a store of one's own: what is wanted of them, in their order, page by page.
import {
  type EventFilter,
  type GroupMember,
  HandclaspError,
  isInNetwork,
  type KeyFilter,
  type KeyPin,
  type ListedGroup,
  type ListedKey,
  type ListedMember,
  type MemberFilter,
  nameKey,
  neighbourhood,
  type Page,
  type PageFilter,
  parseEvent,
  parseIpNetwork,
  type RefusalFilter,
  refusalPlace,
  type RefusalSighting,
  type RefusalTally,
  type RefusedParty,
  type SealedEvent,
  type SessionRecord,
  toKeyId,
} from "../src/index.ts";

const WEEK_MS = 7 * 24 * 3600 * 1000;
const MOST_REFUSALS = 10_000;
const MOST_SESSIONS = 1000;
const MOST_SESSIONS_OF_ONE = 50;

/** Where something stands in its list: no other has the same. */
type Place = readonly (string | number)[];

/** The page of a list that a filter asks for; its cursor says which list it is, and where the last item stands. */
export function pageOf<T>(
  list: string,
  items: Iterable<T>,
  placeOf: (item: T) => Place,
  { limit = 100, after }: PageFilter,
): Page<T> {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw wrong("limit must be from 1 to 1000");
  const placed = Array.from(items, (item) => ({ item, place: placeOf(item) })).toSorted(inOrder);
  const from = after === undefined ? undefined : toPlace(list, after);
  const rest = from === undefined ? placed : placed.filter((one) => inOrder(one, { place: from }) > 0);
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  const next =
    last === undefined ? null : Buffer.from(JSON.stringify([list, ...last.place])).toString("base64url");
  return { items: page.map(({ item }) => item), next };
}

/** Events are read on from a sequence number; one of a clock that was set back counts where it stands. */
export function eventsOf(
  events: readonly SealedEvent[],
  filter: EventFilter,
  found: (search: string) => ReadonlySet<string>,
): Page<SealedEvent> {
  const { limit = 100, after, since = -Infinity, until = Infinity, type, about, search } = filter;
  const { newestFirst = false, window } = filter;
  if (after !== undefined && !/^\d{1,15}$/.test(after))
    throw wrong("events are read on from a sequence number");
  const subjects = search === undefined ? undefined : found(search);
  let reached = -Infinity;
  const wanted = events.filter(({ sequence, json }) => {
    const event = parseEvent(json);
    if (event === undefined) return false;
    reached = Math.max(reached, Date.parse(event.at));
    const subject = event.pin ?? event.peer ?? "";
    if (reached < since || reached >= until) return false;
    if (after !== undefined && (newestFirst ? sequence >= Number(after) : sequence <= Number(after)))
      return false;
    if (type !== undefined && event.type !== type) return false;
    if (window !== undefined && event.details["window"] !== String(window)) return false;
    return about?.includes(subject) !== false && subjects?.has(subject) !== false;
  });
  const page = pageOf("events", wanted, ({ sequence }) => [newestFirst ? -sequence : sequence], { limit });
  return { ...page, next: page.next === null ? null : String(page.items.at(-1)?.sequence) };
}

/** Whether a search finds one of some texts, or of some folded names; one for nothing but spaces finds nothing. */
export function isFoundIn(
  search: string | undefined,
  texts: readonly (string | null)[],
  names: readonly (string | null)[],
): boolean {
  if (search === undefined) return true;
  const [folded, text] = [nameKey(search), search.trim()];
  if (folded === "" || text === "") return false;
  return texts.some((one) => one?.includes(text)) || names.some((one) => one?.includes(folded));
}

/** What a key is found by that is not in its record. */
export interface Besides {
  /** Of its peer; folded. */
  readonly groups: readonly string[];
  /** Of its refusals. */
  readonly addresses: readonly string[];
}

/** Moments are numbers. */
export function mustBeMoments({ seenBefore = 0, seenSince = 0 }: KeyFilter): void {
  if (Number.isNaN(seenBefore * 1) || Number.isNaN(seenSince * 1)) throw wrong("this is no moment");
}

/** Whether a key is wanted. */
export function isWantedKey(key: ListedKey, filter: KeyFilter, { groups, addresses }: Besides): boolean {
  const { state, source, pins, search, seenBefore = Infinity, seenSince = -Infinity } = filter;
  const seen = key.lastSeen ?? -Infinity;
  if (!isAmong(key.state, state) || !isAmong(key.source, source)) return false;
  if (pins !== undefined && !pins.includes(key.pin)) return false;
  if (filter.groups?.every((group) => groups.includes(group)) === false) return false;
  if (filter.notGroups?.some((group) => groups.includes(group)) === true) return false;
  if (seen < seenSince || seen >= seenBefore) return false;
  const folded = [key.nameKey, key.claimedKey, key.newKey, nameKey(key.note ?? ""), key.firstAddress];
  return isFoundIn(search, [key.pin], [...folded, ...addresses]) || isOfKeyId(key.pin, search);
}

function isAmong<T extends string>(value: T, wanted: T | readonly T[] | undefined): boolean {
  return wanted === undefined || (typeof wanted === "string" ? value === wanted : wanted.includes(value));
}

/** Whether a search is the beginning of a pin's key id: at least two groups of it. */
function isOfKeyId(pin: KeyPin, search: string | undefined): boolean {
  const symbols = search?.replaceAll(/[\s-]/g, "").toUpperCase() ?? "";
  return symbols.length >= 14 && toKeyId(pin).replaceAll("-", "").startsWith(symbols);
}

/** Whether a refusal is wanted; `found` are the keys that its search finds. */
export function isWantedRefusal(
  refusal: RefusalSighting,
  filter: RefusalFilter,
  found: ReadonlySet<string>,
): boolean {
  const { since = -Infinity, until = Infinity, of, network, search } = filter;
  const { pin, peer, address, connection, firstAt, lastAt } = refusal;
  const folded = peer === null ? "" : nameKey(peer);
  if (lastAt < since || firstAt >= until) return false;
  for (const fact of ["reason", "listener", "connection", "fingerprint"] as const) {
    if (filter[fact] !== undefined && filter[fact] !== refusal[fact]) return false;
  }
  if (of !== undefined && !of.peers.includes(folded) && !isAnyOf(pin, of)) return false;
  if (network !== undefined && !isInNetwork(networkOf(network), address ?? "")) return false;
  if (isFoundIn(search, [connection, pin], [folded, address])) return true;
  return pin !== null && (found.has(pin) || isOfKeyId(pin, search));
}

/** Refusals, added up; the newest of a week. */
export class Refusals {
  /** In the order of their newest. */
  all: readonly RefusalSighting[] = [];
  dropped = 0;

  of(key: KeyPin): readonly RefusalSighting[] {
    return this.all.filter(({ pin }) => pin === key);
  }

  add(refusals: readonly RefusalSighting[]): void {
    const kept = new Map(this.all.map((refusal) => [refusalPlace(refusal), refusal]));
    for (const refusal of refusals) {
      const former = kept.get(refusalPlace(refusal));
      const { firstAt, lastAt, count } = former ?? { ...refusal, count: 0 };
      const times = { firstAt, lastAt: Math.max(lastAt, refusal.lastAt), count: count + refusal.count };
      kept.set(refusalPlace(refusal), { ...refusal, ...times });
    }
    const ordered = [...kept.values()].toSorted((one, other) => one.lastAt - other.lastAt);
    const oldest = Math.max(...refusals.map(({ lastAt }) => lastAt)) - WEEK_MS;
    const young = ordered.filter(({ lastAt }) => lastAt >= oldest);
    this.all = young.slice(-MOST_REFUSALS);
    for (const { count } of young.slice(0, -MOST_REFUSALS)) this.dropped += count;
  }

  /** From a moment on, by reason; of those that began before, the share that lies behind it. */
  tally(since: number): readonly RefusalTally[] {
    const tallies = new Map<RefusalSighting["reason"], { count: number; networks: Set<string | null> }>();
    for (const { reason, address, count, firstAt, lastAt } of this.all) {
      if (lastAt < since) continue;
      const share = firstAt >= since ? 1 : (lastAt - since) / (lastAt - firstAt);
      const tally = tallies.get(reason) ?? { count: 0, networks: new Set() };
      tally.count += Math.max(1, Math.round(count * share));
      tally.networks.add(neighbourhood(address));
      tallies.set(reason, tally);
    }
    return Array.from(tallies, ([reason, { count, networks }]) => ({
      reason,
      count,
      networks: networks.size,
    }));
  }
}

/** Who is in which group; `peerOf` gives a name as it was given. */
export function membersOf(
  members: Iterable<GroupMember>,
  filter: MemberFilter,
  peerOf: (name: string) => string,
): Page<ListedMember> {
  const { groupKey: only = null, search } = filter;
  const wanted = [...members].filter(({ groupKey, nameKey: name }) => {
    return isFoundIn(search, [], [groupKey, name]) && (only ?? groupKey) === groupKey;
  });
  const { items, next } = pageOf(
    "members",
    wanted,
    ({ groupKey, nameKey: name }) => [groupKey, name],
    filter,
  );
  const listed = items.map(({ group, nameKey: name, addedAt }) => ({ group, peer: peerOf(name), addedAt }));
  return { items: listed, next };
}

/** Sessions of operators, by hash: not more than the newest, and none that has ended. */
export class Sessions extends Map<string, SessionRecord> {
  add(session: SessionRecord): void {
    for (const { hash, expires } of this.values()) if (expires <= session.createdAt) this.delete(hash);
    this.#makeRoom(({ of }) => of === session.of, MOST_SESSIONS_OF_ONE);
    this.#makeRoom(() => true, MOST_SESSIONS);
    this.set(session.hash, session);
  }

  #makeRoom(counts: (session: SessionRecord) => boolean, most: number): void {
    const oldest = [...this.values()]
      .filter(counts)
      .toSorted((one, other) => one.createdAt - other.createdAt);
    const surplus = Math.max(0, oldest.length + 1 - most);
    for (const { hash } of oldest.slice(0, surplus)) this.delete(hash);
  }
}

/** Each group with how many are in it; called as its first member has it. */
export function groupsOf(members: Iterable<GroupMember>): readonly ListedGroup[] {
  const groups = new Map<string, ListedGroup>();
  const byName = [...members].toSorted((one, other) => (one.nameKey < other.nameKey ? -1 : 1));
  for (const { group, groupKey } of byName) {
    const former = groups.get(groupKey) ?? { group, groupKey, members: 0 };
    groups.set(groupKey, { ...former, members: former.members + 1 });
  }
  return [...groups.values()];
}

function isAnyOf(pin: KeyPin | null, { pins, pinPrefix }: RefusedParty): boolean {
  return pin !== null && (pins.includes(pin) || (pinPrefix !== undefined && pin.startsWith(pinPrefix)));
}

export function networkOf(text: string): NonNullable<ReturnType<typeof parseIpNetwork>> {
  const network = parseIpNetwork(text);
  if (network === undefined) throw wrong("this is neither an address nor a network");
  return network;
}

function inOrder({ place }: { readonly place: Place }, other: { readonly place: Place }): number {
  for (const [at, value] of place.entries()) {
    const than = other.place[at] ?? value;
    if (value !== than) return value < than ? -1 : 1;
  }
  return 0;
}

function toPlace(list: string, cursor: string): Place {
  try {
    const [of, ...place] = JSON.parse(Buffer.from(cursor, "base64url").toString()) as [string, ...Place];
    if (of === list) return place;
  } catch {
    // Said below.
  }
  throw wrong("this is no cursor of this list");
}

function wrong(message: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", message);
}
