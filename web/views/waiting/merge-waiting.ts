import type { WaitingItem } from "../../client/shapes.ts";

/** A card, and whether what it is of still waits. */
export interface Card {
  readonly id: string;
  readonly item: WaitingItem;
  readonly gone: boolean;
}

/** What stays in its place while the list is looked at, and how many came that are not shown yet. */
export interface Cards {
  readonly cards: readonly Card[];
  readonly fresh: number;
}

/**
 * The cards that are shown, with what is known by now: none moves under the pointer. Those that came stay out until they
 * are asked for; those that are gone are marked.
 */
export function mergeWaiting(shown: readonly Card[], items: readonly WaitingItem[]): Cards {
  const present = new Map(items.map((item) => [idOf(item), item]));
  const cards = shown.map(({ id, item }): Card => {
    const now = present.get(id);
    return { id, item: now ?? item, gone: now === undefined };
  });
  const known = new Set(shown.map(({ id }) => id));
  return { cards, fresh: items.filter((item) => !known.has(idOf(item))).length };
}

/** All that waits, in the order of the server. */
export function toCards(items: readonly WaitingItem[]): readonly Card[] {
  return items.map((item) => ({ id: idOf(item), item, gone: false }));
}

function idOf(item: WaitingItem): string {
  return item.kind === "key" ? item.key.keyId : item.network;
}
