import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import {
  type ChangeLog,
  LOG_START,
  type LogEntry,
  type LogPlace,
  MOST_BYTES,
} from "../../../src/trust/port/change-log.ts";
import { problemOfEntry } from "../../../src/store/log/seal-entry.ts";

const NODE = "5f0c7b6e-6a55-4c6d-9d0c-2f3b8f0a1b2c";
const BY = { node: NODE, rules: 1 };

export interface OpenedLog extends AsyncDisposable {
  readonly log: ChangeLog;
  /** Another one of the same changes, until this is closed. */
  another(): ChangeLog;
}

/** What every log of changes promises. */
export function changeLogContract(kind: string, open: () => Promise<OpenedLog>): void {
  describe(`a log of changes: ${kind}`, () => {
    it("gives changes positions without a hole, in the order in which they were appended", async () => {
      await using opened = await open();
      const { log } = opened;
      assert.deepEqual(await log.append([draft("a"), draft("b")], BY), [1, 2]);
      assert.deepEqual(await log.append([draft("c")], BY), [3]);
      const { entries, head, follows, isPrimary } = await log.read(LOG_START, 10);
      assert.deepEqual(
        entries.map(({ change }) => change),
        ["a", "b", "c"].map(toChange),
      );
      assert.deepEqual(head, placeOf(entries.at(-1)));
      assert.ok(follows && isPrimary);
    });

    it("chains them by hashes that anybody can recompute", async () => {
      await using opened = await open();
      const texts = ["plain", "Grüße 🤝 \u{16EA0}", '\0 \\ " \u2028', "x".repeat(200_000)];
      await opened.log.append(texts.map(draft), BY);
      const { entries } = await opened.log.read(LOG_START, 10);
      assert.equal(entries.length, 4);
      let place: LogPlace = LOG_START;
      for (const entry of entries) {
        assert.equal(problemOfEntry(place, entry), undefined);
        place = entry;
      }
      assert.deepEqual(
        entries.map(({ change }) => change),
        texts.map(toChange),
      );
    });

    it("takes no change that is longer than any has to be, and nothing that came with it", async () => {
      await using opened = await open();
      const long = { ...draft("long"), change: "x".repeat(MOST_BYTES + 1) };
      const unwritten = { code: "ERR_HANDCLASP_STORE_WRITE" };
      await assert.rejects(opened.log.append([draft("short"), long], BY), unwritten);
      assert.deepEqual((await opened.log.read(LOG_START, 10)).head, LOG_START);
      const most = { ...draft("most"), change: "x".repeat(MOST_BYTES) };
      assert.deepEqual(await opened.log.append([most], BY), [1]);
    });

    it("appends a change once, however often it is sent", async () => {
      await using opened = await open();
      const once = draft("once");
      assert.deepEqual(await opened.log.append([once], BY), [1]);
      assert.deepEqual(await opened.log.append([draft("other"), once, once], BY), [2, 1, 1]);
      const { entries } = await opened.log.read(LOG_START, 10);
      assert.equal(entries.length, 2);
    });

    it("goes on from any place, as far as it is asked to", async () => {
      await using opened = await open();
      const { log } = opened;
      await log.append(
        Array.from({ length: 25 }, (_, at) => draft(String(at))),
        BY,
      );
      const read: LogEntry[] = [];
      let place: LogPlace = LOG_START;
      for (;;) {
        const { entries, head } = await log.read(place, 10);
        assert.ok(entries.length <= 10);
        assert.equal(head.position, 25);
        if (entries.length === 0) break;
        read.push(...entries);
        place = placeOf(entries.at(-1));
      }
      assert.deepEqual(
        read.map(({ position }) => position),
        Array.from({ length: 25 }, (_, at) => at + 1),
      );
    });

    it("says of a place that it does not have that nothing follows", async () => {
      await using opened = await open();
      const { log } = opened;
      await log.append([draft("a"), draft("b")], BY);
      for (const place of [
        { position: 1, hash: "ab".repeat(32) },
        { position: 7, hash: "ab".repeat(32) },
      ]) {
        const { follows, entries, head } = await log.read(place, 10);
        assert.deepEqual([follows, entries, head.position], [false, [], 2]);
      }
    });

    it("begins with its first change, or with what it was cut before", async () => {
      await using opened = await open();
      const { log } = opened;
      assert.equal(await log.begins(), 1);
      await log.append(["a", "b", "c"].map(draft), BY);
      assert.equal(await log.begins(), 1);
      assert.equal(await log.cutBefore(3), 2);
      assert.equal(await log.begins(), 3);
    });

    it("has one order for all who append at once", async () => {
      await using opened = await open();
      const others = [opened.another(), opened.another()];
      const logs = [opened.log, ...others];
      const given = await Promise.all(
        logs.flatMap((log, who) =>
          Array.from({ length: 20 }, (_, at) =>
            log.append([draft(`${who}.${at}`), draft(`${who}.${at}+`)], BY),
          ),
        ),
      );
      assert.deepEqual(
        given.flat().toSorted((a, b) => a - b),
        Array.from({ length: 120 }, (_, at) => at + 1),
      );
      const reads = await Promise.all(logs.map((log) => log.read(LOG_START, 1000)));
      for (const { entries } of reads) assert.deepEqual(entries, reads[0]?.entries);
      const times = (reads[0]?.entries ?? []).map(({ at }) => at);
      assert.deepEqual(times, times.toSorted());
    });

    it("tells whoever listens that something was appended", async () => {
      await using opened = await open();
      const other = opened.another();
      const told = new AbortController();
      const stop = other.onMore(() => told.abort());
      // Whoever has only just begun to listen may miss the first.
      while (!told.signal.aborted) {
        await opened.log.append([draft("more")], BY);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      stop();
    });
  });
}

function draft(text: string): { readonly id: string; readonly change: string } {
  return { id: randomUUID(), change: toChange(text) };
}

function toChange(text: string): string {
  return JSON.stringify({ text });
}

function placeOf(entry: LogEntry | undefined): LogPlace {
  assert.ok(entry);
  return { position: entry.position, hash: entry.hash };
}
