import { HandclaspError } from "../errors.ts";
import type { Fall } from "./judging/distrust.ts";
import type { Happenings } from "./happenings/happenings.ts";
import { type TrustChanges, UNCHANGED } from "./happenings/trust-changes.ts";
import { parseEvent, type TrustEvent } from "./records/events.ts";
import type { KeyPin } from "./records/key-record.ts";
import { nameKey } from "./naming/peer-name.ts";
import type { TrustStore } from "./port/trust-store.ts";

interface Collected {
  fell: Fall | undefined;
  readonly leftGroups: string[];
  readonly formerNames: string[];
}

type FollowedStore = Pick<TrustStore, "keysOfName" | "onAnew" | "onEvents">;

/** Hears of the keys whose trust changed; `isAll` when that of any other may have changed, too. */
export type OnTrustChange = (changes: TrustChanges, isAll: boolean) => void;

/** Tells a stream what becomes of keys in a store, in whichever process, while somebody hears it. Returns how to stop. */
export function tellTrustChanges(store: FollowedStore, happenings: Happenings): () => void {
  return followTrustChanges(
    store,
    (changes) => happenings.tell({ type: "changed", changes }),
    (error) => happenings.tell({ type: "failed", connection: undefined, listener: null, error }),
    () => happenings.hears("changed"),
  );
}

/**
 * Calls back with what becomes of keys in a store, in whichever process; what comes while nobody wants it is not looked at.
 * Returns how to stop.
 */
export function followTrustChanges(
  store: FollowedStore,
  listener: OnTrustChange,
  onError: (error: unknown) => void,
  isWanted: () => boolean = always,
): () => void {
  const holders = (folded: string): readonly KeyPin[] => {
    try {
      return store.keysOfName(folded).map(({ pin }) => pin);
    } catch (error) {
      onError(error);
      return [];
    }
  };
  const stopAnew = store.onAnew((anew) => {
    if (!isWanted()) return;
    if (anew.why === "lost") listener(toLostChanges(anew.events, holders), true);
    else listener(new Map(anew.pins.map((pin) => [pin, UNCHANGED])), false);
  });
  const stop = store.onEvents((sealed) => {
    if (!isWanted()) return;
    const events: TrustEvent[] = [];
    for (const { json, sequence } of sealed) {
      const event = parseEvent(json);
      if (event === undefined) onError(unreadable(sequence));
      else events.push(event);
    }
    const changes = toTrustChanges(events, holders);
    if (changes.size > 0) listener(changes, false);
  });
  return () => {
    stopAnew();
    stop();
  };
}

function unreadable(sequence: number): HandclaspError {
  const problem = `event ${sequence} of the trust store cannot be read: whoever it is about was not looked at`;
  return new HandclaspError("ERR_HANDCLASP_STORE_CORRUPT", problem, {
    hint: "look what else is damaged",
    remedies: [{ act: "check-store", at: "server" }],
  });
}

/** What follows for keys when events are not in the chain any more: what they gave is lost. */
function toLostChanges(
  lost: readonly TrustEvent[],
  holders: (nameKey: string) => readonly KeyPin[],
): TrustChanges {
  const changes = new Map<KeyPin, Collected>();
  for (const { pin, peer, type, before, after, details } of lost) {
    if (pin !== null) {
      const change = changeOf(changes, pin);
      if (after === "trusted" && before !== "trusted") change.fell ??= "forgotten";
      const isNamed = after === "trusted" && peer !== null && typeof details["formerName"] === "string";
      if (isNamed) change.formerNames.push(peer);
    }
    const { group } = details;
    if (type !== "group-added" || peer === null || typeof group !== "string") continue;
    for (const holder of membersCalled(peer, changes, holders))
      changeOf(changes, holder).leftGroups.push(nameKey(group));
  }
  return changes;
}

/** What events say of the keys that they are about. Groups have peers in them, with whatever keys `holders` says. */
export function toTrustChanges(
  events: readonly TrustEvent[],
  holders: (nameKey: string) => readonly KeyPin[],
): TrustChanges {
  const changes = new Map<KeyPin, Collected>();
  for (const event of events) {
    if (event.pin === null) continue;
    const change = changeOf(changes, event.pin);
    change.fell ??= fallIn(event);
    if (typeof event.details.formerName === "string") change.formerNames.push(event.details.formerName);
  }
  for (const event of events) {
    if (event.peer === null || (event.type !== "group-added" && event.type !== "group-removed")) continue;
    const { group } = event.details;
    for (const pin of membersCalled(event.peer, changes, holders)) {
      const change = changeOf(changes, pin);
      if (event.type === "group-removed" && typeof group === "string") change.leftGroups.push(nameKey(group));
    }
  }
  return changes;
}

function changeOf(changes: Map<KeyPin, Collected>, pin: KeyPin): Collected {
  const known = changes.get(pin);
  if (known !== undefined) return known;
  const change = { fell: undefined, leftGroups: [], formerNames: [] };
  changes.set(pin, change);
  return change;
}

function fallIn({ type, before, after, at, details }: TrustEvent): Fall | undefined {
  if (before !== "trusted") return undefined;
  if (type === "forgotten") return "forgotten";
  if (after === "revoked" || after === "ignored" || after === "retired") return after;
  if (after === "pending") return "set-aside";
  const { expires } = details;
  return typeof expires === "string" && expires <= at ? "expired" : undefined;
}

/** Those who have the name now, and those who had it when the event came and were renamed since. */
function membersCalled(
  peer: string,
  changes: ReadonlyMap<KeyPin, Collected>,
  holders: (nameKey: string) => readonly KeyPin[],
): ReadonlySet<KeyPin> {
  const folded = nameKey(peer);
  const pins = new Set(holders(folded));
  for (const [pin, { formerNames }] of changes) {
    if (formerNames.some((name) => nameKey(name) === folded)) pins.add(pin);
  }
  return pins;
}

function always(): boolean {
  return true;
}
