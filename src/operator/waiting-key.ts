import { escapeText } from "../trust/naming/peer-name.ts";
import type { KeyPin } from "../trust/records/key-record.ts";
import { everyItem } from "../trust/port/page.ts";
import type { RefusalSighting } from "../trust/port/ledger.ts";
import type { ListedKey, Roll } from "../trust/port/roll.ts";
import { toIsoTime } from "./iso-time.ts";
import { type KeyJson, toListedKey } from "./listed-key.ts";

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
  const tries = await triesOf(
    store,
    keys.map(({ pin }) => pin),
  );
  const holders = await holdersOf(store, keys, now);
  return Promise.all(
    keys.map(async (key): Promise<WaitingKey> => {
      const claim = key.newName ?? key.claimedName;
      const tried = tries.get(key.pin);
      return {
        ...(await toListedKey(store, key, now)),
        claim: claim === null ? null : escapeText(claim),
        holder: key.conflictsWith === null ? null : (holders.get(key.conflictsWith) ?? null),
        address: tried?.newest.address ?? key.firstAddress,
        listener: tried?.newest.listener ?? null,
        tries: tried?.count ?? 0,
        lastTry: toIsoTime(tried?.newest.lastAt ?? key.firstSeen),
        phrase: null,
      };
    }),
  );
}

interface Tries {
  readonly newest: RefusalSighting;
  readonly count: number;
}

async function triesOf(store: Roll, pins: readonly KeyPin[]): Promise<ReadonlyMap<KeyPin, Tries>> {
  const tries = new Map<KeyPin, Tries>();
  if (pins.length === 0) return tries;
  const of = { pins, peers: [] };
  for await (const refusal of everyItem((page) => store.listRefusals({ of, ...page }))) {
    if (refusal.pin === null) continue;
    const before = tries.get(refusal.pin);
    tries.set(refusal.pin, {
      newest: before?.newest ?? refusal,
      count: (before?.count ?? 0) + refusal.count,
    });
  }
  return tries;
}

async function holdersOf(
  store: Roll,
  keys: readonly ListedKey[],
  now: number,
): Promise<ReadonlyMap<KeyPin, KeyJson>> {
  const pins = [...new Set(keys.flatMap(({ conflictsWith }) => conflictsWith ?? []))];
  const holders = new Map<KeyPin, KeyJson>();
  if (pins.length === 0) return holders;
  for await (const key of everyItem((page) => store.listKeys({ pins, ...page }))) {
    holders.set(key.pin, await toListedKey(store, key, now));
  }
  return holders;
}
