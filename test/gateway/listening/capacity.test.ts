import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Capacity } from "../../../src/gateway/listening/capacity.ts";

describe("the places that listeners share", () => {
  it("go to each of them in turn: many who wait at one keep nobody out at the others", () => {
    const capacity = new Capacity(1);
    const taken: string[] = [];
    for (const listener of ["flooded", "quiet"]) {
      capacity.onFreed(() => {
        if (capacity.take()) taken.push(listener);
      });
    }
    assert.ok(capacity.take());
    for (let ended = 0; ended < 4; ended++) capacity.give();
    assert.deepEqual(taken, ["flooded", "quiet", "flooded", "quiet"]);
  });
});
