import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ListAnswer, PagedList } from "../../web/client/paged-list.ts";

const PAGE = 10;

/** Numbers below `length`, page by page; `asked` has the cursors in order. */
function numbers(length: number): { readonly list: PagedList<number>; readonly asked: (string | null)[] } {
  const asked: (string | null)[] = [];
  const list = new PagedList<number>(async (cursor): Promise<ListAnswer<number>> => {
    asked.push(cursor);
    const from = Number(cursor ?? 0);
    const items = Array.from({ length: Math.min(PAGE, length - from) }, (_, index) => from + index);
    return { items, next: from + PAGE < length ? String(from + PAGE) : null };
  });
  return { list, asked };
}

/** A list whose answers come when a test gives them. */
function heldBack(): {
  readonly list: PagedList<string>;
  readonly asked: readonly PromiseWithResolvers<ListAnswer<string>>[];
} {
  const asked: PromiseWithResolvers<ListAnswer<string>>[] = [];
  const list = new PagedList<string>(() => {
    const next = Promise.withResolvers<ListAnswer<string>>();
    asked.push(next);
    return next.promise;
  });
  return { list, asked };
}

describe("a list page by page", () => {
  it("asks for the next page when one comes to the end of what is known", async () => {
    const { list, asked } = numbers(25);
    await list.show(0, 5);
    assert.deepEqual([list.count, list.isWhole, list.at(3)], [10, false, 3]);
    await list.show(5, 12);
    await list.show(15, 24);
    assert.deepEqual([list.count, list.isWhole, list.at(24)], [25, true, 24]);
    await list.show(15, 40);
    assert.deepEqual(asked, [null, "10", "20"]);
  });

  it("is whole and empty when nothing matches", async () => {
    const { list } = numbers(0);
    await list.show(0, 5);
    assert.deepEqual([list.count, list.isWhole, list.at(0)], [0, true, undefined]);
  });

  it("drops rows that are far away, and has them again when one comes back", async () => {
    const { list, asked } = numbers(1_000);
    for (let at = 0; at < 1_000; at += PAGE) await list.show(at, at + PAGE);
    assert.equal(list.at(0), undefined);
    assert.equal(list.at(995), 995);
    const before = asked.length;
    await list.show(0, PAGE);
    assert.equal(list.at(0), 0);
    assert.deepEqual(asked.slice(before), [null]);
    assert.equal(list.count, 1_000);
  });

  it("asks once more for what may have changed while it was asked for", async () => {
    const { list, asked } = heldBack();
    const shown = list.show(0, 5);
    while (asked.length < 1) await new Promise(setImmediate);
    const refreshed = Promise.all([list.refresh(0, 5), list.refresh(0, 5)]);
    asked[0]?.resolve({ items: ["before"], next: null });
    while (asked.length < 2) await new Promise(setImmediate);
    // Whoever waited for the first answer has it.
    await shown;
    assert.equal(list.at(0), "before");
    asked[1]?.resolve({ items: ["now"], next: null });
    await refreshed;
    assert.equal(list.at(0), "now");
    assert.equal(asked.length, 2);
  });

  it("asks once more, too, where the answer that was waited for failed", async () => {
    const { list, asked } = heldBack();
    const shown = assert.rejects(list.show(0, 5), /cut off/);
    while (asked.length < 1) await new Promise(setImmediate);
    const refreshed = list.refresh(0, 5);
    asked[0]?.reject(new Error("cut off"));
    await shown;
    while (asked.length < 2) await new Promise(setImmediate);
    asked[1]?.resolve({ items: ["now"], next: null });
    await refreshed;
    assert.equal(list.at(0), "now");
  });

  it("takes no answer after it was left", async () => {
    const { list } = numbers(25);
    const shown = list.show(0, 5);
    list.stop();
    await shown;
    assert.equal(list.count, 0);
  });
});
