import type { SealedEvent } from "../../src/trust/records/events.ts";
import type { RefusalSighting } from "../../src/trust/port/ledger.ts";
import { everyItem } from "../../src/trust/port/page.ts";
import type { ListedConnection, ListedKey, ListedMember, Roll } from "../../src/trust/port/roll.ts";
import type { TokenRecord } from "../../src/trust/records/token-record.ts";

/** All keys of a store, as it lists them. */
export function keysIn(store: Roll): Promise<ListedKey[]> {
  return all(everyItem((page) => store.listKeys(page)));
}

export function eventsIn(store: Roll): Promise<SealedEvent[]> {
  return all(everyItem((page) => store.listEvents(page)));
}

export function refusalsIn(store: Roll): Promise<RefusalSighting[]> {
  return all(everyItem((page) => store.listRefusals(page)));
}

export function connectionsIn(store: Roll): Promise<ListedConnection[]> {
  return all(everyItem((page) => store.listConnections(page)));
}

export function tokensIn(store: Roll): Promise<TokenRecord[]> {
  return all(everyItem((page) => store.listTokens(page)));
}

export function membersIn(store: Roll): Promise<ListedMember[]> {
  return all(everyItem((page) => store.listMembers(page)));
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
