import { neighbourhood } from "../trust/network/source-network.ts";
import { limitOf, placeOf, toCursor } from "../trust/port/cursor.ts";
import { everyItem, type Page, type PageFilter } from "../trust/port/page.ts";
import type { Ledger } from "../trust/port/ledger.ts";
import type { ListedKey, Roll } from "../trust/port/roll.ts";
import { isSetAside } from "../trust/judging/is-set-aside.ts";
import { toIsoTime } from "./iso-time.ts";
import { type RefusedLately, refusedLately } from "./refused-lately.ts";
import { selectionDigest } from "./selection-digest.ts";
import { toWaitingKeys, type WaitingKey } from "./waiting-key.ts";

/** From so many of one network on, strangers are one item. */
const FOLDED_FROM = 4;
/** Of those, so many are shown. */
const SAMPLE = 3;

/** Who waits, as programs get it: conflicts first, each by itself, and then the newest first. */
export interface WaitingJson extends Page<WaitingItem> {
  readonly counts: WaitingCounts;
}

export interface WaitingCounts extends RefusedLately {
  /** All keys that wait, conflicts among them. */
  readonly waiting: number;
  readonly conflicts: number;
}

export type WaitingItem = WaitingOne | WaitingNetwork;

export interface WaitingOne {
  readonly kind: "key";
  readonly key: WaitingKey;
}

/** Strangers of one /24 or /64, of whom nobody claims a name that somebody has. */
export interface WaitingNetwork {
  readonly kind: "network";
  readonly network: string;
  readonly count: number;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** The newest of them. */
  readonly sample: readonly WaitingKey[];
  /** None: those are never folded. */
  readonly conflicts: 0;
  /** Of all of them, as `selectionDigest` makes it. */
  readonly digest: string;
}

/** Keys that are one item. */
interface Fold {
  /** 0 for conflicts. */
  readonly rank: 0 | 1;
  /** When the newest of them was met; milliseconds since the epoch. */
  readonly at: number;
  /** Their network; of one by itself, its pin. */
  readonly id: string;
  readonly network: string | null;
  /** The newest first. */
  readonly keys: readonly ListedKey[];
}

/** A page of who waits at `now`, milliseconds since the epoch; strangers of one network are folded into one item. */
export async function toWaiting(store: Waited, now: number, page: PageFilter = {}): Promise<WaitingJson> {
  const limit = limitOf(page);
  const [rank, at, id] = placeOf(page, "waiting", ["number", "number", "string"]) ?? [];
  const waiting = await keysThatWait(store, now);
  const folds = toFolds(waiting).toSorted(inOrder);
  const isBehind = (fold: Fold): boolean => inOrder({ rank, at, id } as Fold, fold) < 0;
  const rest = rank === undefined ? folds : folds.filter(isBehind);
  const shown = rest.slice(0, limit);
  const last = rest.length > limit ? shown.at(-1) : undefined;
  const keys = await toWaitingKeys(store, shown.flatMap(shownOf), now);
  const byPin = new Map(keys.map((key) => [key.pin, key]));
  return {
    counts: {
      waiting: waiting.length,
      conflicts: waiting.filter(({ conflictsWith }) => conflictsWith !== null).length,
      ...(await refusedLately(store, now)),
    },
    items: shown.map((fold) => toItem(fold, byPin)),
    next: last === undefined ? null : toCursor("waiting", last.rank, last.at, last.id),
  };
}

/** All keys that wait in a network, as they are folded; what came since is among them. */
export async function keysOfNetwork(
  store: Waited,
  network: string,
  now: number,
): Promise<readonly ListedKey[]> {
  const waiting = await keysThatWait(store, now);
  return waiting.filter((key) => networkOf(key) === network);
}

/** Where waiting keys are read, and when they have to be read anew. */
export type Waited = Roll & Pick<Ledger, "revision">;

/** What was read last, and is so until something is written: whenever something happens, many pages look at once. */
const lastRead = new WeakMap<Waited, { readonly revision: number; readonly keys: readonly ListedKey[] }>();

/** Strangers that lapsed wait no more, though they are still there. */
async function keysThatWait(store: Waited, now: number): Promise<readonly ListedKey[]> {
  const revision = store.revision();
  const last = lastRead.get(store);
  const keys = last?.revision === revision ? last.keys : await pendingKeys(store);
  lastRead.set(store, { revision, keys });
  return keys.filter(({ expires }) => expires === null || now < expires);
}

async function pendingKeys(store: Roll): Promise<readonly ListedKey[]> {
  const keys: ListedKey[] = [];
  for await (const key of everyItem((page) => store.listKeys({ state: "pending", ...page }))) keys.push(key);
  return keys;
}

/** By which others of its kind a key is folded; null for one that stays by itself: it is known to an operator, or in conflict. */
function networkOf(key: ListedKey): string | null {
  if (key.conflictsWith !== null || key.note !== null || isSetAside(key)) return null;
  return neighbourhood(key.firstAddress);
}

function toFolds(waiting: readonly ListedKey[]): readonly Fold[] {
  const networks = new Map<string, ListedKey[]>();
  const folds: Fold[] = [];
  for (const key of waiting.toReversed()) {
    const network = networkOf(key);
    const others = network === null ? undefined : networks.get(network);
    if (network === null) folds.push(alone(key));
    else if (others === undefined) networks.set(network, [key]);
    else others.push(key);
  }
  for (const [network, keys] of networks) {
    if (keys.length < FOLDED_FROM) folds.push(...keys.map(alone));
    else folds.push({ rank: 1, at: keys[0]?.firstSeen ?? 0, id: network, network, keys });
  }
  return folds;
}

function alone(key: ListedKey): Fold {
  const rank = key.conflictsWith === null ? 1 : 0;
  return { rank, at: key.firstSeen ?? 0, id: key.pin, network: null, keys: [key] };
}

function inOrder(one: Fold, other: Fold): number {
  return one.rank - other.rank || other.at - one.at || (one.id < other.id ? -1 : one.id > other.id ? 1 : 0);
}

function shownOf({ keys }: Fold): readonly ListedKey[] {
  return keys.slice(0, SAMPLE);
}

function toItem(fold: Fold, shown: ReadonlyMap<string, WaitingKey>): WaitingItem {
  const sample = shownOf(fold).flatMap(({ pin }) => shown.get(pin) ?? []);
  const { network, keys } = fold;
  const [one] = sample;
  if (network === null && one !== undefined) return { kind: "key", key: one };
  return {
    kind: "network",
    network: fold.id,
    count: keys.length,
    firstSeen: toIsoTime(keys.at(-1)?.firstSeen ?? null),
    lastSeen: toIsoTime(keys[0]?.firstSeen ?? null),
    sample,
    conflicts: 0,
    digest: selectionDigest(keys),
  };
}
