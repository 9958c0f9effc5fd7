import type { KeyLookup } from "../records/key-lookup.ts";
import type { KeyRecord } from "../records/key-record.ts";

/** Who has a name: a trusted key rather than another. */
export function holderOf(known: Pick<KeyLookup, "keysOfName">, name: string): KeyRecord | undefined {
  const holders = known.keysOfName(name);
  return holders.find(({ state }) => state === "trusted") ?? holders[0];
}
