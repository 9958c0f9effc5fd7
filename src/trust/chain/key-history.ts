import type { TrustEvent, TrustEventType } from "../records/events.ts";
import { type FoldedKey, TrustFold } from "./fold-events.ts";
import type { KeyPin } from "../records/key-record.ts";
import { nameKey } from "../naming/peer-name.ts";

/** Events that say something about a key and change nothing of it. */
const SAYING_ONLY: ReadonlySet<TrustEventType> = new Set([
  "noted",
  "stale-key-seen",
  "token-refused",
  "endorsement-refused",
]);

/** How a key stood before an event, by the events about it; undefined when nobody had decided about it. */
export function standingBefore(
  events: readonly TrustEvent[],
  pin: KeyPin,
  sequence: number,
): FoldedKey | undefined {
  const fold = new TrustFold();
  for (const event of events) if (event.sequence < sequence) fold.add(event);
  return fold.keys.get(pin);
}

/** The last event that changed a key. */
export function lastChange(events: readonly TrustEvent[]): TrustEvent | undefined {
  return events.findLast(({ type }) => !SAYING_ONLY.has(type));
}

/**
 * A name as an event has it, folded: events have the fold where it is another text. Those of former versions, whose actors
 * have no listener, have names alone.
 */
export function foldInEvent({ actor }: TrustEvent, name: string, fold: string | null | undefined): string {
  if (fold !== null && fold !== undefined) return fold;
  return "listener" in actor ? name : nameKey(name);
}
