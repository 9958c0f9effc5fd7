import { parseEvent } from "../trust/records/events.ts";
import type { KeyPin, KeyRecord } from "../trust/records/key-record.ts";
import { everyItem } from "../trust/port/page.ts";
import type { Roll } from "../trust/port/roll.ts";

/** The keys that are trusted because one of these, or a successor of it, endorsed them; as the events tell. */
export async function successorsOf(store: Roll, keys: readonly KeyRecord[]): Promise<readonly KeyRecord[]> {
  const line = new Set<KeyPin>(keys.map(({ pin }) => pin));
  for await (const { json } of everyItem((page) => store.listEvents({ type: "rotated", ...page }))) {
    const event = parseEvent(json);
    const endorser = event?.details["endorsedBy"] as KeyPin | undefined;
    if (event?.pin && endorser !== undefined && line.has(endorser)) line.add(event.pin);
  }
  const trusted: KeyRecord[] = [];
  const filter = { state: "trusted", pins: [...line] } as const;
  for await (const key of everyItem((page) => store.listKeys({ ...filter, ...page }))) {
    if (key.source === "rotation") trusted.push(key);
  }
  return trusted;
}
