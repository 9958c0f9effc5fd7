import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CUT_REASONS, isOfTrust, toCutReason } from "../../../src/trust/happenings/cut-reason.ts";

describe("why a connection was cut", () => {
  it("is what became of the trust in its key, by a name of its own for what was approved for a while", () => {
    assert.equal(toCutReason("revoked"), "revoked");
    assert.equal(toCutReason("expired"), "approval-ended");
    assert.equal(toCutReason("store-unavailable"), "store-unavailable");
  });

  it("is that its key was forgotten, when it waits for review again", () => {
    assert.equal(toCutReason("pending"), "forgotten");
    assert.equal(toCutReason("forgotten"), "forgotten");
  });

  it("is of trust unless the connection was merely over", () => {
    const others = CUT_REASONS.filter((reason) => !isOfTrust(reason));
    assert.deepEqual(others, ["too-old", "idle", "closed"]);
  });
});
