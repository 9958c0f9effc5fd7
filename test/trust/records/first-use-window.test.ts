import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type FirstUseWindow, isUsedUp, letsIn } from "../../../src/trust/records/first-use-window.ts";

const UNTIL = 1000;
const OPEN: FirstUseWindow = { event: 1, until: UNTIL, max: null, from: null, taken: 0 };

describe("a window of first use", () => {
  it("lets in up to its end, and not at it", () => {
    assert.equal(letsIn(OPEN, "192.0.2.1", UNTIL - 1), true);
    assert.equal(letsIn(OPEN, "192.0.2.1", UNTIL), false);
    assert.equal(letsIn(null, "192.0.2.1", 0), false);
  });

  it("lets in as many as may come by it", () => {
    assert.equal(letsIn({ ...OPEN, max: 2, taken: 1 }, "192.0.2.1", 0), true);
    assert.equal(letsIn({ ...OPEN, max: 2, taken: 2 }, "192.0.2.1", 0), false);
    assert.equal(isUsedUp({ ...OPEN, max: 0 }), true);
    assert.equal(isUsedUp({ ...OPEN, taken: 1_000_000 }), false);
  });

  it("lets in from its network alone, and nobody whose address is not known", () => {
    const window = { ...OPEN, from: "192.0.2.0/24" };
    assert.equal(letsIn(window, "192.0.2.255", 0), true);
    assert.equal(letsIn(window, "::ffff:192.0.2.7", 0), true);
    for (const address of ["192.0.3.1", "2001:db8::1", "", null, undefined])
      assert.equal(letsIn(window, address, 0), false, String(address));
    assert.equal(letsIn({ ...OPEN, from: "nonsense" }, "192.0.2.1", 0), false);
    assert.equal(letsIn(OPEN, null, 0), true);
  });
});
