import { everyItem } from "../trust/port/page.ts";
import type { Roll } from "../trust/port/roll.ts";
import type { KeyPin } from "../trust/records/key-record.ts";

/** How many connections each key has open now. */
export async function countConnections(store: Roll): Promise<ReadonlyMap<KeyPin, number>> {
  const open = new Map<KeyPin, number>();
  for await (const { pin } of everyItem((page) => store.listConnections(page))) {
    open.set(pin, (open.get(pin) ?? 0) + 1);
  }
  return open;
}
