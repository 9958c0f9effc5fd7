import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Successions } from "../../../src/gateway/workers/successions.ts";

describe("who follows a worker that died", () => {
  it("comes at once, and later and later when one after the other dies soon, up to five seconds", () => {
    const successions = new Successions();
    const delays = Array.from({ length: 10 }, () => successions.delayAfter(10));
    assert.deepEqual(delays, [0, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
  });

  it("comes at once again after one that lived", () => {
    const successions = new Successions();
    for (let count = 0; count < 5; count++) successions.delayAfter(10);
    assert.equal(successions.delayAfter(5001), 0);
    assert.equal(successions.delayAfter(10), 0);
    assert.equal(successions.delayAfter(10), 200);
  });
});
