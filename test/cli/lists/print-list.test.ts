import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eachPage } from "../../../src/cli/lists/print-list.ts";
import type { Page, PageFilter } from "../../../src/trust/port/page.ts";

/** A list of that many numbers, whose cursors are the last number of the page before; notes what it was asked. */
function numbers(count: number): {
  readonly asked: PageFilter[];
  readonly list: (page: PageFilter) => Promise<Page<number>>;
} {
  const asked: PageFilter[] = [];
  const list = async (page: PageFilter): Promise<Page<number>> => {
    asked.push(page);
    const from = Number(page.after ?? 0);
    const to = Math.min(from + (page.limit ?? count), count);
    const items = Array.from({ length: to - from }, (_, at) => from + at + 1);
    return { items, next: to < count ? String(to) : null };
  };
  return { asked, list };
}

async function read(
  count: number,
  flags: { readonly limit?: number; readonly after?: string },
): Promise<{ readonly shown: readonly number[]; readonly next: string | null; readonly pages: number }> {
  const { asked, list } = numbers(count);
  const shown: number[] = [];
  const next = await eachPage(list, flags, (items) => void shown.push(...items));
  assert.ok(asked.every(({ limit = Number.POSITIVE_INFINITY }) => limit <= 500));
  return { shown, next, pages: asked.length };
}

describe("eachPage", () => {
  it("reads all there is where nothing is said, some hundred at a time", async () => {
    const { shown, next, pages } = await read(1201, {});
    assert.deepEqual([shown.length, shown.at(-1), next, pages], [1201, 1201, null, 3]);
  });

  it("reads so many and no more, and says where the rest begins", async () => {
    assert.deepEqual(await read(10, { limit: 4 }), { shown: [1, 2, 3, 4], next: "4", pages: 1 });
    const { shown, next, pages } = await read(2000, { limit: 700 });
    assert.deepEqual([shown.length, next, pages], [700, "700", 2]);
  });

  it("says that nothing follows when just as many were wanted as there are", async () => {
    assert.deepEqual((await read(4, { limit: 4 })).next, null);
  });

  it("goes on from where it is told", async () => {
    assert.deepEqual(await read(5, { after: "3" }), { shown: [4, 5], next: null, pages: 1 });
  });

  it("shows an empty page of an empty list, once", async () => {
    assert.deepEqual(await read(0, { limit: 3 }), { shown: [], next: null, pages: 1 });
  });
});
