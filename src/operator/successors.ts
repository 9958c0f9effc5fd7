import { parseEvent } from "../trust/events.ts";
import type { KeyRecord } from "../trust/key-record.ts";
import type { TrustStore } from "../trust/port/trust-store.ts";
import { allEvents } from "./listed-event.ts";

/** The keys that are trusted because one of these, or a successor of it, endorsed them; as the events tell. */
export function successorsOf(store: TrustStore, keys: readonly KeyRecord[]): readonly KeyRecord[] {
  const line = new Set<string | null>(keys.map(({ pin }) => pin));
  for (const { json } of allEvents(store, 0)) {
    const event = parseEvent(json);
    const endorser = event?.type === "rotated" ? event.details["endorsedBy"] : undefined;
    if (event !== undefined && endorser !== undefined && line.has(endorser)) line.add(event.pin);
  }
  return store
    .keys()
    .filter(({ pin, state, source }) => state === "trusted" && source === "rotation" && line.has(pin));
}
