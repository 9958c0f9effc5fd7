import type { RefusalSighting } from "../../trust/port/ledger.ts";
import { everyItem, type Page, type PageFilter } from "../../trust/port/page.ts";
import type { ListedKey, Roll } from "../../trust/port/roll.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { parseEvent, type TrustEvent } from "../../trust/records/events.ts";

/** What registers tests: `node:test` and vitest have both, and so has whatever is written like them. */
export interface TestRunner {
  readonly describe: (subject: string, register: () => void) => unknown;
  readonly it: (sentence: string, test: () => Promise<void>) => unknown;
}

/** A part of the contract, to be registered for one kind of store. */
export interface StoreSuite extends TestRunner {
  /** What the store is called in the names of tests. */
  readonly kind: string;
  /** Gives a new, empty one, which the test closes. */
  readonly open: () => Promise<TrustStore>;
}

/** Every key, the longest known first. */
export function everyKey(store: Roll): Promise<readonly ListedKey[]> {
  return gather((page) => store.listKeys(page));
}

/** Every refusal, the newest first; on which machine it was is left out. */
export async function everyRefusal(store: Roll): Promise<readonly RefusalSighting[]> {
  const refusals = await gather((page) => store.listRefusals(page));
  return refusals.map((refusal) => {
    const { machine, ...others } = refusal;
    return machine === undefined ? refusal : others;
  });
}

/** Every event, the oldest first. */
export async function everyEvent(store: Roll): Promise<readonly TrustEvent[]> {
  const sealed = await gather((page) => store.listEvents(page));
  return sealed.flatMap(({ json }) => parseEvent(json) ?? []);
}

async function gather<T>(list: (page: PageFilter) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of everyItem(list)) items.push(item);
  return items;
}
