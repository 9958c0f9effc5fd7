import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DEFAULT_ROTATIONS, mayRotate } from "../../../src/trust/limits/rotation-limits.ts";

const NOW = Date.UTC(2030, 0, 1);
const MINUTE_MS = 60_000;
const ten = (at: number): readonly number[] => Array.from({ length: 10 }, () => at);

describe("how often a peer may change its key", () => {
  it("goes by the times at which it did", () => {
    assert.ok(mayRotate(DEFAULT_ROTATIONS, ten(NOW).slice(1), NOW));
    assert.equal(mayRotate(DEFAULT_ROTATIONS, ten(NOW), NOW), false);
    assert.ok(mayRotate(DEFAULT_ROTATIONS, ten(NOW), NOW + MINUTE_MS));
  });

  it("does not depend on what a clock wrote down that was ahead, once it is set right", () => {
    const nextYear = ten(NOW + 365 * 24 * 60 * MINUTE_MS);
    assert.ok(mayRotate(DEFAULT_ROTATIONS, nextYear, NOW));
    assert.equal(mayRotate(DEFAULT_ROTATIONS, [...ten(NOW), ...nextYear], NOW), false);
    assert.ok(mayRotate(DEFAULT_ROTATIONS, [...ten(NOW), ...nextYear], NOW + MINUTE_MS));
  });

  it("counts what another machine did whose clock is a little ahead", () => {
    assert.equal(mayRotate(DEFAULT_ROTATIONS, ten(NOW + 1000), NOW), false);
  });
});
