import assert from "node:assert/strict";
import { it } from "node:test";
import { SHARED_BOUNDS, type SharedBounds } from "../../../src/trust/port/shared-rows.ts";
import type { OpenedRows } from "./shared-rows-contract.ts";
import { gone, manyRows, Reader, row } from "./support/shared-rows-reader.ts";

const [A, B, C] = [
  "aaaaaaaa-0000-4000-8000-000000000000",
  "bbbbbbbb-0000-4000-8000-000000000000",
  "cccccccc-0000-4000-8000-000000000000",
] as const;

export const NO_BOUNDS: SharedBounds = {
  waiting: 1e6,
  waitingBytes: 1e9,
  refusals: 1e6,
  gone: 1e6,
  kinds: SHARED_BOUNDS.kinds,
};

/** How much of them is kept, whatever machines tell. */
export function describeBounds(open: (bounds?: SharedBounds) => Promise<OpenedRows>): void {
  it("bounds keys that wait by count: the machine that has most of them loses its oldest", async () => {
    await using opened = await open({ ...NO_BOUNDS, waiting: 10 });
    const [a, b, c] = [A, B, C].map((node) => new Reader(opened.rows, node));
    assert.ok(a && b && c);
    await b.exchange(...manyRows("waiting", "b", 3));
    for (let at = 0; at < 4; at++) await a.exchange(...manyRows("waiting", `a${at}`, 8));
    const read = (await c.exchange()).filter(({ value }) => value !== null).map(({ key }) => key);
    assert.deepEqual(read.toSorted(), [
      "a3 1",
      "a3 2",
      "a3 3",
      "a3 4",
      "a3 5",
      "a3 6",
      "a3 7",
      "b 0",
      "b 1",
      "b 2",
    ]);
    await b.exchange(...manyRows("waiting", "b+", 5));
    const all = (await new Reader(opened.rows, C).exchange()).map(({ key }) => key);
    assert.equal(all.filter((key) => key.startsWith("a")).length, 5);
    assert.equal(all.filter((key) => key.startsWith("b")).length, 5);
  });

  it("bounds keys that wait by size, too", async () => {
    await using opened = await open({ ...NO_BOUNDS, waitingBytes: 10_000 });
    const [a, b] = [A, B].map((node) => new Reader(opened.rows, node));
    assert.ok(a && b);
    await b.exchange(row("waiting", "small", "x".repeat(100), 9e15));
    for (let at = 0; at < 8; at++) await a.exchange(row("waiting", `a${at}`, "x".repeat(3000), 9e15));
    const read = (await new Reader(opened.rows, C).exchange()).map(({ key }) => key);
    assert.deepEqual(read.toSorted(), ["a5", "a6", "a7", "small"]);
  });

  it("bounds the refusals of each machine, and what is gone", async () => {
    await using opened = await open({ ...NO_BOUNDS, refusals: 5, gone: 3 });
    const [a, b] = [A, B].map((node) => new Reader(opened.rows, node));
    assert.ok(a && b);
    await b.exchange(...manyRows("refusal", "b", 4));
    for (let at = 0; at < 4; at++) await a.exchange(...manyRows("refusal", `a${at}`, 4));
    await opened.pass(20_000);
    await a.exchange();
    const read = (await new Reader(opened.rows, C).exchange()).map(({ key }) => key);
    assert.deepEqual(read.toSorted(), ["a2 3", "a3 0", "a3 1", "a3 2", "a3 3", "b 0", "b 1", "b 2", "b 3"]);
  });

  it("bounds what there is of each kind, by count and by size, for all machines: the oldest goes, whoever wrote it", async () => {
    const { kinds } = NO_BOUNDS;
    await using opened = await open({
      ...NO_BOUNDS,
      kinds: {
        ...kinds,
        setting: { rows: 3, bytes: 1e9 },
        seen: { rows: 3, bytes: 1e9 },
        run: { rows: 99, bytes: 50 },
      },
    });
    const [a, b] = [A, B].map((node) => new Reader(opened.rows, node));
    assert.ok(a && b);
    for (let at = 0; at < 3; at++) {
      await a.exchange(row("setting", `a ${at}`, "x"), row("seen", `a ${at}`, "", at + 1));
      await b.exchange(row("setting", `b ${at}`, "x"), row("seen", `b ${at}`, "", at + 1));
    }
    await a.exchange(row("run", "a", "x".repeat(30)));
    await b.exchange(row("run", "b", "x".repeat(30)), row("connection", "c", "x"));
    const all = (await new Reader(opened.rows, C).exchange()).map((read) => `${read.kind} ${read.key}`);
    assert.deepEqual(all.toSorted(), [
      "connection c",
      "run b",
      "seen a 2",
      "seen b 1",
      "seen b 2",
      "setting a 2",
      "setting b 1",
      "setting b 2",
    ]);
    await a.exchange(gone("setting", "a 2"), row("setting", "b 1", "y"));
    await b.exchange(row("setting", "b 3", "x"));
    const kept = (await new Reader(opened.rows, C).exchange()).filter((read) => read.kind === "setting");
    assert.deepEqual(kept.map(({ key }) => key).toSorted(), ["b 1", "b 2", "b 3"]);
  });
}
