import { BoundedMap } from "../bounded-map.ts";
import { HandclaspError } from "../errors.ts";
import { isInNetwork, parseIpNetwork } from "../trust/network/ip-network.ts";
import { neighbourhood } from "../trust/network/source-network.ts";
import type { Compared } from "../trust/records/change.ts";
import type { KeyPin, KeyRecord } from "../trust/records/key-record.ts";
import { everyItem } from "../trust/port/page.ts";
import type { ListedKey } from "../trust/port/roll.ts";
import type { ManyAct } from "./act-on-many.ts";
import type { Operator } from "./operator.ts";
import type { TypedFilter } from "./search-text.ts";
import { type SelectedKey, selectionDigest } from "./selection-digest.ts";
import { keysOfNetwork, type Waited } from "./waiting.ts";

/** More are not acted on at once. */
const MOST_KEYS = 10_000;
/** Selections that are kept; one more pushes out the oldest. */
const MOST_KEPT = 100;
/** Whoever selects again and again loses their own. */
const MOST_OF_ONE = 5;
const KEPT_MS = 10 * 60_000;

/** Why a key is not in a selection, or was left as it is. */
export type LeftReason = "conflict" | "not-compared" | "not-waiting" | "changed" | "gone" | "failed";

export interface LeftKey {
  readonly pin: KeyPin;
  readonly reason: LeftReason;
  /** What the store said; null where it was not asked. */
  readonly problem: string | null;
}

/** Keys for one act, as they were at one moment. */
export interface Selection {
  readonly act: ManyAct;
  readonly items: readonly SelectedKey[];
  /** How many. */
  readonly count: number;
  readonly digest: string;
  /** What matched, and may not be acted on like that. */
  readonly left: readonly LeftKey[];
}

/** All keys that match a search, or all that wait in a network as they are folded. */
export type Selected = { readonly typed: TypedFilter } | { readonly network: string };

export interface SelectOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** How an operator compared a key in that version; undefined when not. */
  readonly comparedBy: (pin: KeyPin, version: number) => Compared | undefined;
  /** Since when a window of first use is open, and for whom; null when none is. */
  readonly window: { readonly openedAt: number; readonly from: string | null } | null;
}

/**
 * Takes down what an act is to be done to. For `approve` that are keys that wait without a conflict and were compared, or
 * came from one network while a window was open. Throws ERR_HANDCLASP_OPTION when there are more than 10 000.
 */
export async function select(
  store: Waited,
  act: ManyAct,
  selected: Selected,
  options: SelectOptions,
): Promise<Selection> {
  const keys = await keysOf(store, selected, options.now);
  const cameTogether = act === "approve" && cameByWindow(keys, options);
  const items: SelectedKey[] = [];
  const left: LeftKey[] = [];
  for (const key of keys) {
    const reason = act === "approve" ? whyNot(key, cameTogether, options) : undefined;
    if (reason === undefined) items.push({ pin: key.pin, version: key.version });
    else left.push({ pin: key.pin, reason, problem: null });
  }
  return { act, items, count: items.length, digest: selectionDigest(items), left };
}

/** What came of a selection: what was done, and what was left as it is. */
export interface AppliedSelection {
  readonly done: readonly KeyRecord[];
  readonly left: readonly LeftKey[];
}

/**
 * Does what was selected, to keys that are as they were then. Throws ERR_HANDCLASP_OPTION when it is said to be another act,
 * another number of keys, or another digest.
 */
export async function applySelection(
  operator: Operator,
  selection: Selection,
  said: { readonly act: ManyAct; readonly count: number; readonly digest?: string },
  comparedBy: SelectOptions["comparedBy"],
): Promise<AppliedSelection> {
  const { act, items, count, digest } = selection;
  if (said.act !== act || said.count !== count || (said.digest ?? digest) !== digest) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `this was selected: ${act}, ${count} keys`, {
      hint: "select anew, and look at what is selected",
      details: { act, count, digest },
    });
  }
  const many = items.map(({ pin, version }) => {
    const compared = act === "approve" ? (comparedBy(pin, version) ?? "none") : undefined;
    return { key: pin, seen: { pin, version }, ...(compared !== undefined && { compared }) };
  });
  const outcomes = await operator.many(act, many);
  const done: KeyRecord[] = [];
  const left: LeftKey[] = [];
  for (const outcome of outcomes) {
    if (outcome.ok) done.push(...outcome.keys);
    else left.push(toLeft(outcome.key as KeyPin, outcome.error));
  }
  return { done, left };
}

/** Selections of operators, for ten minutes each; nobody gets another's. */
export class Selections {
  readonly #kept = new BoundedMap<string, { owner: string; until: number; selection: Selection }>(MOST_KEPT);
  readonly #randomId: () => string;

  /** `randomId` gives ids that nobody guesses. */
  constructor(randomId: () => string) {
    this.#randomId = randomId;
  }

  /** Keeps one for its owner; returns its id. */
  keep(owner: string, selection: Selection, now: number): string {
    const own = [...this.#kept.keys()].filter((id) => this.#kept.get(id)?.owner === owner);
    for (const oldest of own.slice(0, Math.max(0, own.length + 1 - MOST_OF_ONE))) this.#kept.delete(oldest);
    const id = this.#randomId();
    this.#kept.set(id, { owner, until: now + KEPT_MS, selection });
    return id;
  }

  /** Undefined when it is another's, done, or too old. */
  find(owner: string, id: string, now: number): Selection | undefined {
    const kept = this.#kept.get(id);
    return kept?.owner === owner && now < kept.until ? kept.selection : undefined;
  }

  /** Gives it once: what was done is not done again. Undefined when it is another's, done, or too old. */
  take(owner: string, id: string, now: number): Selection | undefined {
    const selection = this.find(owner, id, now);
    if (selection !== undefined) this.#kept.delete(id);
    return selection;
  }
}

async function keysOf(store: Waited, selected: Selected, now: number): Promise<readonly ListedKey[]> {
  if ("network" in selected) return atMost(await keysOfNetwork(store, selected.network, now));
  const keys: ListedKey[] = [];
  const filter = selected.typed;
  for await (const key of everyItem((page) => store.listKeys({ ...filter, ...page }))) {
    keys.push(key);
    atMost(keys);
  }
  return keys;
}

function atMost(keys: readonly ListedKey[]): readonly ListedKey[] {
  if (keys.length <= MOST_KEYS) return keys;
  throw new HandclaspError("ERR_HANDCLASP_OPTION", `more than ${MOST_KEYS} keys match`, {
    hint: "narrow the search, and act on a part after the other",
  });
}

/** Why a key is not to be approved with others; undefined when it is. */
function whyNot(
  key: ListedKey,
  cameTogether: boolean,
  { comparedBy }: SelectOptions,
): LeftReason | undefined {
  if (key.state !== "pending") return "not-waiting";
  if (key.conflictsWith !== null) return "conflict";
  const compared = comparedBy(key.pin, key.version) ?? "none";
  return compared !== "none" || cameTogether ? undefined : "not-compared";
}

/** Whether all that wait without a conflict came since a window was opened, and from one network. */
function cameByWindow(keys: readonly ListedKey[], { window }: SelectOptions): boolean {
  const strangers = keys.filter(({ state, conflictsWith }) => state === "pending" && conflictsWith === null);
  const networks = new Set(strangers.map(({ firstAddress }) => neighbourhood(firstAddress)));
  if (window === null || networks.size !== 1 || networks.has(null)) return false;
  const from = window.from === null ? undefined : parseIpNetwork(window.from);
  return strangers.every(({ firstSeen, firstAddress }) => {
    const isInside = from === undefined || isInNetwork(from, firstAddress ?? undefined);
    return isInside && firstSeen !== null && firstSeen >= window.openedAt;
  });
}

function toLeft(pin: KeyPin, { code, message }: HandclaspError): LeftKey {
  const reasons: Readonly<Partial<Record<string, LeftReason>>> = {
    ERR_HANDCLASP_CHANGED: "changed",
    ERR_HANDCLASP_NOT_FOUND: "gone",
    ERR_HANDCLASP_CONFLICT: "conflict",
  };
  return { pin, reason: reasons[code] ?? "failed", problem: message };
}
