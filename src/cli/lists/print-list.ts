import type { Page, PageFilter } from "../../trust/port/page.ts";
import { JsonList } from "./json-list.ts";
import { type Column, ListTable } from "./list-table.ts";
import { print, printBytes, say } from "../terminal/output.ts";
import type { PageFlags } from "./page-options.ts";
import { rowColumnsOf } from "../terminal/prose.ts";
import { stdout } from "../terminal/way-out.ts";

/** How things on a list are shown. */
export interface ListShape<T> {
  /** What is on a page, as programs get it. */
  readonly toListed: (items: readonly T[]) => readonly unknown[] | Promise<readonly unknown[]>;
  readonly columns: readonly Column[];
  /** A cell for each column; escaped. */
  readonly toCells: (item: T) => readonly string[];
  /** What is said when there is nothing. */
  readonly nothing: string;
}

type Pages<T> = (page: PageFilter) => Promise<Page<T>>;

/** The most that are held at a time. */
const AT_ONCE = 500;

/** Prints a list, or the part of it that was asked for, page by page: however long it is, it takes no more memory. */
export async function printList<T>(list: Pages<T>, flags: PageFlags, shape: ListShape<T>): Promise<void> {
  const next = await (flags.json === true
    ? printAsJson(list, flags, shape)
    : printAsTable(list, flags, shape));
  if (flags.limit !== undefined && next !== null) say(`next: ${next}`);
}

/** Reads pages until there is enough; gives where what was not read begins. */
export async function eachPage<T>(
  list: Pages<T>,
  { limit, after }: Pick<PageFlags, "limit" | "after">,
  show: (items: readonly T[]) => void | Promise<void>,
): Promise<string | null> {
  let left = limit ?? Number.POSITIVE_INFINITY;
  let next = after;
  do {
    const page = await list({ limit: Math.min(left, AT_ONCE), ...(next !== undefined && { after: next }) });
    await show(page.items);
    left -= page.items.length;
    next = page.next ?? undefined;
  } while (next !== undefined && left > 0 && !stdout.isUseless);
  return next ?? null;
}

async function printAsJson<T>(
  pages: Pages<T>,
  flags: PageFlags,
  { toListed }: ListShape<T>,
): Promise<string | null> {
  const list = new JsonList();
  const next = await eachPage(pages, flags, async (items) => {
    list.add(...(await toListed(items)));
  });
  list.end();
  printBytes("\n");
  return next;
}

async function printAsTable<T>(
  pages: Pages<T>,
  flags: PageFlags,
  { columns, toCells, nothing }: ListShape<T>,
): Promise<string | null> {
  const table = new ListTable(columns, rowColumnsOf(process.stdout));
  let isEmpty = true;
  const next = await eachPage(pages, flags, (items) => {
    if (items.length === 0) return;
    isEmpty = false;
    print(table.lines(items.map(toCells)).join("\n"));
  });
  if (isEmpty) say(nothing);
  return next;
}
