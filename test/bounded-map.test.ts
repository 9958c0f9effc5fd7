import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { BoundedMap } from "../src/bounded-map.ts";

describe("BoundedMap", () => {
  it("has what was set last, as many as it may, the longest ago first", () => {
    const sets = fc.array(fc.tuple(fc.constantFrom("a", "b", "c", "d", "e"), fc.nat()));
    fc.assert(
      fc.property(sets, fc.integer({ min: 1, max: 4 }), (all, most) => {
        const map = new BoundedMap<string, number>(most);
        for (const [key, value] of all) map.set(key, value);
        const last = all.filter(([key], at) => !all.slice(at + 1).some(([later]) => later === key));
        assert.deepEqual([...map], last.slice(-most));
        assert.equal(map.isFull, last.length >= most);
      }),
    );
  });
});
