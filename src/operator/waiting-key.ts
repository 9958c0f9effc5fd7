import { escapeText } from "../trust/naming/peer-name.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { everyItem } from "../trust/port/page.ts";
import type { ListedKey, Roll } from "../trust/port/roll.ts";
import { toIsoTime } from "./iso-time.ts";
import { type KeyJson, surroundingsOf, toKeyJson } from "./listed-key.ts";

/** A key that waits for an operator, as programs get it. */
export interface WaitingKey extends KeyJson {
  /** The name that it would get; escaped. */
  readonly claim: string | null;
  /** Who has that name; null when nobody has. */
  readonly holder: KeyJson | null;
  /** Where it came from last, and to which listener. */
  readonly address: string | null;
  readonly listener: string | null;
  /** How often it came and was refused, in the last seven days. */
  readonly tries: number;
  readonly lastTry: string | null;
  /** What its owner reads on their screen, where the reader may see it. */
  readonly phrase: string | null;
}

/** Keys that wait, each beside who has its name, with what is known of its tries. */
export async function toWaitingKeys(
  store: Roll,
  keys: readonly ListedKey[],
  now: number,
): Promise<readonly WaitingKey[]> {
  const holders = await holdersOf(store, keys);
  const beside = await surroundingsOf(store, [...keys, ...holders.values()]);
  return keys.map((key): WaitingKey => {
    const claim = key.newName ?? key.claimedName;
    const { lastRefusal = null, refused = 0 } = beside.get(key.pin) ?? {};
    const holder = key.conflictsWith === null ? undefined : holders.get(key.conflictsWith);
    return {
      ...toKeyJson(key, beside.get(key.pin), now),
      claim: claim === null ? null : escapeText(claim),
      holder: holder === undefined ? null : toKeyJson(holder, beside.get(holder.pin), now),
      address: lastRefusal?.address ?? key.firstAddress,
      listener: lastRefusal?.listener ?? null,
      tries: refused,
      lastTry: toIsoTime(lastRefusal?.lastAt ?? key.firstSeen),
      phrase: null,
    };
  });
}

async function holdersOf(store: Roll, keys: readonly ListedKey[]): Promise<ReadonlyMap<KeyPin, ListedKey>> {
  const pins = [...new Set(keys.flatMap(({ conflictsWith }) => conflictsWith ?? []))];
  const holders = new Map<KeyPin, ListedKey>();
  if (pins.length === 0) return holders;
  for await (const key of everyItem((page) => store.listKeys({ pins, ...page }))) holders.set(key.pin, key);
  return holders;
}
