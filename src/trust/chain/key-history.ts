import { HandclaspError } from "../../errors.ts";
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

/** What all versions of Unicode since 2018 fold alike, and with it all runtimes: Latin, Greek, Cyrillic, Armenian. */
const FOLDED_ALIKE = /^[\0-\u058f]*$/;

/**
 * A name as an event has it, folded: events have the fold where it is another text. Those of former versions, whose actors
 * have no listener, have names alone, and a log that begins with a copy has such. Machines of different runtimes come to the same:
 * throws ERR_HANDCLASP_STATE for a name that they might fold differently.
 */
export function foldInEvent({ actor }: TrustEvent, name: string, fold: string | null | undefined): string {
  if (fold !== null && fold !== undefined) return fold;
  if ("listener" in actor) return name;
  if (FOLDED_ALIKE.test(name)) return nameKey(name);
  throw new HandclaspError(
    "ERR_HANDCLASP_STATE",
    "this was decided by a version that did not say how a name is compared",
    {
      hint: "do by hand what is to be done instead",
    },
  );
}
