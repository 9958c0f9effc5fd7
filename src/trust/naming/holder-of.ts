import type { KeyLookup } from "../records/key-lookup.ts";
import type { KeyPin, KeyRecord } from "../records/key-record.ts";

/** Who has a name: a trusted key rather than another; but for one key, if there is one that is not to count. */
export function holderOf(
  known: Pick<KeyLookup, "keysOfName">,
  name: string,
  but?: KeyPin,
): KeyRecord | undefined {
  const holders = known.keysOfName(name).filter(({ pin }) => pin !== but);
  return holders.find(({ state }) => state === "trusted") ?? holders[0];
}
