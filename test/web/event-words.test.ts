import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { eventWords } from "../../web/client/event-words.ts";
import type { EventJson } from "../../web/client/shapes.ts";

describe("an event in words", () => {
  it("has times by 24 hours, as the rest of the page", () => {
    const details = { until: "2026-11-29T14:46:00.000Z" };
    const { rest } = eventWords({ type: "first-use-opened", details } as unknown as EventJson);
    assert.match(rest, /\d:46$/);
  });
});
