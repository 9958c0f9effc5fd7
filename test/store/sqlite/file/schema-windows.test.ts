import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { createSchema, MIGRATIONS } from "../../../../src/store/sqlite/file/schema.ts";
import { openSqliteStore } from "../../../../src/store/sqlite/sqlite-store.ts";
import { CHAIN_START, type EventDraft, sealEvent } from "../../../../src/trust/records/events.ts";
import { newPath } from "../support/stores.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };
const FORMER = MIGRATIONS.findIndex((sql) => sql.includes("CREATE TABLE first_use_window"));

/** A store as it was when a window was until when it is open, and what was written down of it. */
function formerStore(until: number | null, said: readonly (readonly [at: number, until: number])[]): string {
  const path = newPath();
  const database = new DatabaseSync(path);
  createSchema(database, MIGRATIONS.slice(0, FORMER));
  const insert = database.prepare("INSERT INTO events (sequence, json, hash, reached) VALUES (?,?,?,?)");
  let head = CHAIN_START;
  for (const [at, end] of said) {
    const draft: EventDraft = {
      type: end > at ? "first-use-opened" : "first-use-closed",
      at,
      actor: ACTOR,
      pin: null,
      peer: null,
      before: null,
      after: null,
      details: { until: new Date(end).toISOString() },
    };
    const sealed = sealEvent(head, draft);
    insert.run(sealed.sequence, sealed.json, sealed.hash, at);
    head = sealed;
  }
  if (until !== null)
    database.prepare("INSERT INTO settings VALUES ('first-use-open-until', ?)").run(String(until));
  database.close();
  return path;
}

describe("a store from before windows of first use had rails", () => {
  for (const [what, until, said, window] of [
    ["none was ever opened", null, [], null],
    ["one is open", AT + 50, [[AT, AT + 50]], { event: 1, until: AT + 50 }],
    [
      "a second one is open",
      AT + 90,
      [
        [AT, AT + 50],
        [AT + 60, AT + 60],
        [AT + 70, AT + 90],
      ],
      { event: 3, until: AT + 90 },
    ],
    [
      "it was closed",
      AT + 9,
      [
        [AT, AT + 50],
        [AT + 9, AT + 9],
      ],
      null,
    ],
  ] as const) {
    it(`knows the window when ${what}, as the events do`, async () => {
      await using store = openSqliteStore(formerStore(until, said));
      const expected = window && { ...window, max: null, from: null, taken: 0 };
      assert.deepEqual(store.firstUseWindow(), expected);
      assert.equal(store.setting("first-use-open-until"), undefined);
      const { chain, rows } = store.audit();
      assert.deepEqual([chain.broken, rows?.differences], [null, []]);
    });
  }

  it("does not lose that somebody opened it past the chain", async () => {
    const closed = [
      [AT, AT + 50],
      [AT + 9, AT + 9],
    ] as const;
    for (const said of [[], closed]) {
      await using store = openSqliteStore(formerStore(AT + 9e9, said));
      assert.equal(store.firstUseWindow()?.until, AT + 9e9);
      assert.notEqual(store.audit().rows?.count, 0);
    }
  });
});
