/** A part of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins, for `after`; null at the end. Opaque, but for events: the last one's sequence number. */
  readonly next: string | null;
}

/** Which part of a list. */
export interface PageFilter {
  /** How many there are on a page at the most; 1 to 1000, default 100. */
  readonly limit?: number;
  /** `next` of the page before; default the beginning. */
  readonly after?: string;
}

const MANY: PageFilter = { limit: 1000 };

/** Everything on a list, read page by page: no more than one is held at a time. */
export async function* everyItem<T>(
  list: (page: PageFilter) => Promise<Page<T>>,
  from: PageFilter = MANY,
): AsyncGenerator<T, undefined> {
  let page = await list(from);
  for (;;) {
    yield* page.items;
    if (page.next === null) return undefined;
    page = await list({ ...from, after: page.next });
  }
}
