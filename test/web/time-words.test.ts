import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toCountdown, toDistance } from "../../web/client/time-words.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe("words of time", () => {
  it("says how far a moment is, both ways", () => {
    const now = Date.UTC(2026, 10, 29);
    assert.equal(toDistance(now - 2_000, now), "just now");
    assert.equal(toDistance(now - 40_000, now), "40 s ago");
    assert.equal(toDistance(now - 5 * MINUTE, now), "5 min ago");
    assert.equal(toDistance(now - 30 * 60 * MINUTE, now), "30 h ago");
    assert.equal(toDistance(now + 6 * DAY, now), "in 6 d");
  });

  it("counts down as a clock does, and not below nothing", () => {
    assert.equal(toCountdown(7 * MINUTE + 11_400), "07:12");
    assert.equal(toCountdown(3_723_000), "1:02:03");
    assert.equal(toCountdown(-5), "00:00");
  });
});
