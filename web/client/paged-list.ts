import { type ReadonlySignal, signal, type Signal } from "@preact/signals";

/** An answer of the API that is a page of a list. */
export interface ListAnswer<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

interface ListPage<T> {
  /** What it begins behind; null for the first. */
  readonly cursor: string | null;
  readonly count: number;
  /** Null when it was so far from what is looked at that it was dropped. */
  readonly items: readonly T[] | null;
}

/** So many pages keep their rows. */
const KEPT = 12;

/**
 * A list of the API as far as it was scrolled through: cursors lead on, there is no total. Pages that are far away are
 * dropped and asked for again, so that a list of any length costs the same.
 */
export class PagedList<T> {
  readonly #ask: (cursor: string | null) => Promise<ListAnswer<T>>;
  readonly #pages: Signal<readonly ListPage<T>[]> = signal([]);
  readonly #asking = new Map<number, Promise<void>>();
  /** Of which something may have changed since they were asked for. */
  readonly #stale = new Set<number>();
  #next: string | null = null;
  #ended = false;
  #stopped = false;

  constructor(ask: (cursor: string | null) => Promise<ListAnswer<T>>) {
    this.#ask = ask;
  }

  get pages(): ReadonlySignal<readonly ListPage<T>[]> {
    return this.#pages;
  }

  /** Rows that are known. */
  get count(): number {
    return this.#pages.value.reduce((sum, { count }) => sum + count, 0);
  }

  /** Whether there is no more behind what is known. */
  get isWhole(): boolean {
    void this.#pages.value;
    return this.#ended;
  }

  /** The row at a place; undefined while it is asked for, or when there is none. */
  at(index: number): T | undefined {
    let before = 0;
    for (const { count, items } of this.#pages.value) {
      if (index < before + count) return items?.[index - before];
      before += count;
    }
    return undefined;
  }

  /** Has what is looked at be there, from one row to another, and drops what is far from it. */
  async show(from: number, to: number): Promise<void> {
    const wanted = this.#pagesOf(from, to);
    await Promise.all(
      wanted.filter((page) => this.#pages.value[page]?.items === null).map((page) => this.#load(page)),
    );
    if (!this.#ended && to >= this.count) await this.#load(this.#pages.value.length);
    this.#drop(this.#pagesOf(from, to));
  }

  /** Asks anew for what is looked at. */
  async refresh(from: number, to: number): Promise<void> {
    const pages = this.#pagesOf(from, to);
    await Promise.all((pages.length === 0 ? [0] : pages).map((page) => this.#reload(page)));
  }

  /** Answers that come later change nothing. */
  stop(): void {
    this.#stopped = true;
  }

  /** Once more, when the answer is there that is waited for. */
  async #reload(page: number): Promise<void> {
    const asked = this.#asking.get(page);
    if (asked !== undefined) {
      if (this.#stale.has(page)) return;
      this.#stale.add(page);
      await asked.catch(() => undefined);
      this.#stale.delete(page);
      if (this.#stopped) return;
    }
    await this.#load(page);
  }

  async #load(page: number): Promise<void> {
    if (this.#asking.has(page)) return;
    const asked = this.#take(page).finally(() => this.#asking.delete(page));
    this.#asking.set(page, asked);
    await asked;
  }

  async #take(page: number): Promise<void> {
    const known = this.#pages.value[page];
    const cursor = known === undefined ? this.#next : known.cursor;
    const { items, next } = await this.#ask(cursor);
    if (this.#stopped) return;
    const isLast = page >= this.#pages.value.length - 1;
    this.#pages.value = this.#pages.value.toSpliced(page, 1, { cursor, count: items.length, items });
    if (!isLast) return;
    this.#next = next;
    this.#ended = next === null;
  }

  #pagesOf(from: number, to: number): readonly number[] {
    const found: number[] = [];
    let before = 0;
    for (const [page, { count }] of this.#pages.value.entries()) {
      if (before < to && before + count > from) found.push(page);
      before += count;
    }
    return found;
  }

  #drop(near: readonly number[]): void {
    const pages = this.#pages.value;
    const middle = near[0] ?? pages.length - 1;
    const isFar = (page: number): boolean => Math.abs(page - middle) > KEPT / 2;
    if (!pages.some(({ items }, page) => items !== null && isFar(page))) return;
    this.#pages.value = pages.map((each, page) => (isFar(page) ? { ...each, items: null } : each));
  }
}
