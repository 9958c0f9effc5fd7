import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  GONE_KEPT_MS,
  MOST_READ,
  MOST_VALUE_BYTES,
  RUN_SILENT_MS,
  SHARED_START,
  type SharedBounds,
  type SharedRows,
} from "../../../src/trust/port/shared-rows.ts";
import { describeBounds } from "./shared-rows-bounds.ts";
import { gone, Reader, row } from "./support/shared-rows-reader.ts";

const [A, B, C] = [
  "aaaaaaaa-0000-4000-8000-000000000000",
  "bbbbbbbb-0000-4000-8000-000000000000",
  "cccccccc-0000-4000-8000-000000000000",
] as const;

export interface OpenedRows extends AsyncDisposable {
  readonly rows: SharedRows;
  /** Another way to the same rows. */
  another(): SharedRows;
  /** Lets time pass for whoever keeps the rows. */
  pass(ms: number): Promise<void>;
}

/** What all rows that machines share promise. */
export function sharedRowsContract(kind: string, open: (bounds?: SharedBounds) => Promise<OpenedRows>): void {
  describe(`rows that machines share: ${kind}`, () => {
    it("gives others what a machine writes, once, and itself nothing of it", async () => {
      await using opened = await open();
      const a = new Reader(opened.rows, A);
      const b = new Reader(opened.rows, B);
      await b.exchange();
      const refusal = row("refusal", "from nowhere", '{"count":1}');
      assert.deepEqual(await a.exchange(refusal), []);
      assert.deepEqual(await b.exchange(), [{ ...refusal, node: A }]);
      assert.deepEqual(await b.exchange(), []);
      assert.deepEqual(await a.exchange(refusal), []);
      assert.deepEqual(await b.exchange(), [], "written again as it was");
    });

    it("keeps what each machine has of its own apart, and what is everybody's as it was written last", async () => {
      await using opened = await open();
      const [a, b, c] = [A, B, C].map((node) => new Reader(opened.rows, node));
      assert.ok(a && b && c);
      await a.exchange(row("waiting", "pin", "of a", 9e15), row("session", "hash", "of a", 9e15));
      await b.exchange(row("waiting", "pin", "of b", 9e15), row("session", "hash", "of b", 9e15));
      const read = await c.exchange();
      assert.deepEqual(read.map(({ kind: what, node, value }) => `${what} ${node} ${value}`).toSorted(), [
        "session null of b",
        `waiting ${A} of a`,
        `waiting ${B} of b`,
      ]);
    });

    it("keeps the latest of moments, whoever says it, and none that is still to come", async () => {
      await using opened = await open();
      const [a, b, c] = [A, B, C].map((node) => new Reader(opened.rows, node));
      assert.ok(a && b && c);
      await a.exchange(row("seen", "pin", "", 5000));
      await b.exchange(row("seen", "pin", "", 4000));
      assert.deepEqual(await c.exchange(), [{ ...row("seen", "pin", "", 5000), node: null }]);
      await b.exchange(row("seen", "pin", "", 9e15));
      const [late] = await c.exchange();
      assert.ok(late && late.at < 9e15, "of a machine whose clock is wrong");
      await a.exchange(gone("seen", "pin"));
      assert.deepEqual(await c.exchange(), [], "who forgets a key knows by itself");
      assert.deepEqual(await new Reader(opened.rows, C).exchange(), []);
    });

    it("tells others what is gone, and those who read all anew nothing of it", async () => {
      await using opened = await open();
      const [a, b] = [A, B].map((node) => new Reader(opened.rows, node));
      assert.ok(a && b);
      await a.exchange(row("connection", "run c1", "{}"), row("connection", "run c2", "{}"));
      await b.exchange();
      await a.exchange(gone("connection", "run c1"), gone("connection", "never there"));
      assert.deepEqual(await b.exchange(), [{ ...gone("connection", "run c1"), node: A }]);
      const c = new Reader(opened.rows, C);
      assert.deepEqual(
        (await c.exchange()).map(({ key }) => key),
        ["run c2"],
      );
      await a.exchange(row("connection", "run c1", "again"));
      assert.deepEqual(await c.exchange(), [{ ...row("connection", "run c1", "again"), node: A }]);
    });

    it("gives much in parts, each row once", async () => {
      await using opened = await open();
      const a = new Reader(opened.rows, A);
      const keys = Array.from({ length: MOST_READ * 2 + 500 }, (_, at) => `key ${at}`);
      for (let at = 0; at < keys.length; at += 1000)
        await a.exchange(...keys.slice(at, at + 1000).map((key) => row("refusal", key, "{}")));
      const b = new Reader(opened.rows, B);
      const read = await b.exchange();
      assert.deepEqual(read.map(({ key }) => key).toSorted(), keys.toSorted());
      assert.deepEqual([b.parts, b.wholes], [3, 1]);
      await a.exchange(row("refusal", "one more", "{}"));
      assert.equal((await b.exchange()).length, 1);
      assert.equal(b.wholes, 1);
    });

    it("loses no row to whoever reads while others write", async () => {
      await using opened = await open();
      const writers = [A, B].map((node) => new Reader(opened.another(), node));
      const reader = new Reader(opened.rows, C);
      const read = new Set<string>();
      const over = new AbortController();
      const reading = (async () => {
        while (!over.signal.aborted) for (const { key } of await reader.exchange()) read.add(key);
        for (const { key } of await reader.exchange()) read.add(key);
      })();
      await Promise.all(
        writers.map(async (writer) => {
          for (let at = 0; at < 40; at++)
            await writer.exchange(
              ...Array.from({ length: 5 }, (_, part) => row("refusal", `${writer.node} ${at}.${part}`, "{}")),
            );
        }),
      );
      over.abort();
      await reading;
      assert.equal(read.size, 400);
    });

    it("takes a run for over that is silent, by its own clock, with all its connections; others hear it, it, too", async () => {
      await using opened = await open();
      const [a, b] = [A, B].map((node) => new Reader(opened.rows, node));
      assert.ok(a && b);
      await a.exchange(row("run", "one", "{}"), row("connection", "one c1", "{}"));
      await a.exchange(row("run", "other", "{}"), row("connection", "other c1", "{}"));
      await b.exchange();
      await opened.pass(RUN_SILENT_MS / 2);
      await a.exchange(row("run", "other", "{}"));
      assert.deepEqual(
        (await b.exchange()).map(({ key }) => key),
        ["other"],
        "a sign of life is news",
      );
      await opened.pass(RUN_SILENT_MS / 2 + 5000);
      await b.exchange();
      assert.deepEqual(await a.exchange(), [{ ...gone("run", "one"), node: A }]);
      assert.deepEqual((await new Reader(opened.rows, C).exchange()).map(({ key }) => key).toSorted(), [
        "other",
        "other c1",
      ]);
    });

    it("says how long ago something was written, by its own clock", async () => {
      await using opened = await open();
      await new Reader(opened.rows, A).exchange(row("refusal", "one", "{}"));
      await opened.pass(30_000);
      const { rows: read } = await opened.rows.exchange([], B, SHARED_START);
      assert.ok((read[0]?.ageMs ?? 0) >= 30_000 && (read[0]?.ageMs ?? 0) < 60_000);
    });

    it("forgets what was gone long ago, and has whoever did not hear of it read all anew", async () => {
      await using opened = await open();
      const [a, b] = [A, B].map((node) => new Reader(opened.rows, node));
      assert.ok(a && b);
      await a.exchange(row("connection", "run c1", "{}"), row("connection", "run c2", "{}"));
      await b.exchange();
      await a.exchange(gone("connection", "run c1"));
      await opened.pass(GONE_KEPT_MS + 20_000);
      await a.exchange(row("connection", "run c3", "{}"));
      assert.deepEqual((await b.exchange()).map(({ key }) => key).toSorted(), ["run c2", "run c3"]);
      assert.equal(b.wholes, 2);
      await a.exchange(row("connection", "run c4", "{}"));
      assert.deepEqual(
        (await b.exchange()).map(({ key }) => key),
        ["run c4"],
      );
      assert.equal(b.wholes, 2);
    });

    it("has whoever stands in another history read all anew, what is everybody's and came from there among it", async () => {
      await using opened = await open();
      const a = new Reader(opened.rows, A);
      await a.exchange(row("setting", "colour", "green"), row("refusal", "one", "{}"));
      a.place = { epoch: "another", revision: a.place.revision + 1e9, since: a.place.since + 1e9 };
      assert.deepEqual(await a.exchange(), [{ ...row("setting", "colour", "green"), node: null }]);
      assert.equal(a.wholes, 2);
      a.place = { ...a.place, revision: a.place.revision + 1e15, since: a.place.since + 1e15 };
      await a.exchange();
      assert.equal(a.wholes, 3, "of what is not there yet, somebody was told before it was lost");
    });

    it("lets one of those win who write a setting at once, having read the same", async () => {
      await using opened = await open();
      const both = await Promise.allSettled(
        [opened.rows, opened.another()].map((shared, at) =>
          shared.putSetting("colour", String(at), null, at === 0 ? A : B),
        ),
      );
      assert.deepEqual(both.map(({ status }) => status).toSorted(), ["fulfilled", "rejected"]);
      const winner = String(both.findIndex(({ status }) => status === "fulfilled"));
      await assert.rejects(opened.rows.putSetting("colour", "x", null, A), {
        code: "ERR_HANDCLASP_CONFLICT",
      });
      await opened.rows.putSetting("colour", "next", winner, A);
      const read = await new Reader(opened.rows, C).exchange();
      assert.deepEqual(read, [{ ...row("setting", "colour", "next"), node: null }]);
    });

    it("drops keys that wait for nobody any more, and sessions that are over", async () => {
      await using opened = await open();
      const [a, b] = [A, B].map((node) => new Reader(opened.rows, node));
      assert.ok(a && b);
      const soon = Date.now() + 30_000;
      await a.exchange(row("waiting", "pin", "{}", soon), row("session", "hash", "{}", soon));
      assert.equal((await b.exchange()).length, 2);
      await opened.pass(60_000);
      const over = await b.exchange();
      assert.deepEqual(over.map(({ kind: what, value }) => `${what} ${value}`).toSorted(), [
        "session null",
        "waiting null",
      ]);
    });

    it("takes nothing of a kind that there is not", async () => {
      await using opened = await open();
      const a = new Reader(opened.rows, A);
      for (const unknown of ["", "key", "Setting", "x".repeat(20), "__proto__", "constructor"])
        await a.exchange(row(unknown as "seen", "key", "value"));
      assert.deepEqual(await new Reader(opened.rows, B).exchange(), []);
    });

    it("takes nothing that is too long, and any text that is not", async () => {
      await using opened = await open();
      const a = new Reader(opened.rows, A);
      const texts = [
        "'; DROP TABLE shared_rows; --",
        '\\u0000 \\ud800 "',
        "Grüße 🤝 \u{16EA0}\n\t",
        "$$ $write$",
      ];
      await a.exchange(
        row("refusal", "long", "x".repeat(MOST_VALUE_BYTES + 1)),
        ...texts.map((text) => row("refusal", text, JSON.stringify({ text: `${text}\0\u{d800}` }))),
      );
      const read = await new Reader(opened.rows, B).exchange();
      assert.deepEqual(read.map(({ key }) => key).toSorted(), texts.toSorted());
      for (const { key, value } of read)
        assert.equal((JSON.parse(value ?? "") as { text: string }).text, `${key}\0\u{d800}`);
    });

    describeBounds(open);

    it("wakes others for what is not to wait", async () => {
      await using opened = await open();
      const told = new AbortController();
      const stop = opened.another().onMore(() => told.abort());
      const a = new Reader(opened.rows, A);
      // Whoever has only just begun to listen may miss the first.
      for (let at = 0; !told.signal.aborted; at++) {
        await a.exchange(row("session", `hash ${at}`, "{}", 9e15));
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      stop();
    });
  });
}
