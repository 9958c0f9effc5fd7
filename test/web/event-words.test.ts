import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventWords } from "../../web/client/event-words.ts";
import type { EventJson } from "../../web/client/shapes.ts";

/** What is said behind "restored a backup". */
function restWith(details: Readonly<Record<string, string>>): string {
  const all = { backupSequence: "9", trusted: "2", waiting: "0", ...details };
  return eventWords({ type: "restored", details: all } as unknown as EventJson).rest;
}

describe("an event in words", () => {
  it("has times by 24 hours, as the rest of the page", () => {
    const details = { until: "2026-11-29T14:46:00.000Z" };
    const { rest } = eventWords({ type: "first-use-opened", details } as unknown as EventJson);
    assert.match(rest, /\d:46$/);
  });

  it("says of a restore what was taken on the backup's word", () => {
    assert.match(restWith({}), /^up to event 9, 2 trusted again/);
    assert.match(restWith({ aheadOf: "7" }), /^up to event 9, though this store ended at 7, 2 /);
    assert.match(restWith({ otherChain: "yes" }), /^up to event 9, of another store, 2 /);
  });
});
