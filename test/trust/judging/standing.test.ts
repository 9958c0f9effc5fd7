import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keepsItsName } from "../../../src/trust/judging/is-set-aside.ts";
import { objectionTo } from "../../../src/trust/judging/objection.ts";
import { standingOf } from "../../../src/trust/judging/standing.ts";
import type { KeyRecord, KeyState } from "../../../src/trust/records/key-record.ts";

const NOW = Date.UTC(2030, 0, 1);

function key(state: KeyState, expires: number | null = null): KeyRecord {
  return { state, expires, peer: "anna" } as KeyRecord;
}

describe("how a key stands", () => {
  it("is what was decided about it, and that its time is over from its last millisecond on", () => {
    for (const state of ["revoked", "ignored", "retired"] as const) {
      assert.equal(standingOf(key(state), NOW).distrust, state);
    }
    assert.equal(standingOf(key("trusted"), NOW).distrust, undefined);
    assert.equal(standingOf(key("trusted", NOW + 1), NOW).distrust, undefined);
    assert.equal(standingOf(key("trusted", NOW), NOW).distrust, "expired");
    assert.deepEqual(standingOf(undefined, NOW), { distrust: "forgotten", until: null, peer: undefined });
  });

  it("tells who merely waits from whom an operator set aside, by whether there is an end to it", () => {
    assert.equal(standingOf(key("pending", NOW + 1), NOW).distrust, "pending");
    assert.equal(standingOf(key("pending"), NOW).distrust, "set-aside");
    assert.equal(objectionTo(key("pending", NOW + 1), NOW), undefined);
    assert.equal(objectionTo(key("pending"), NOW), "set-aside");
  });

  it("keeps others from its name while it is trusted or set aside, be its time over or not", () => {
    assert.ok(keepsItsName(key("trusted", NOW - 1)));
    assert.ok(keepsItsName(key("pending")));
    for (const other of [key("pending", NOW + 1), key("revoked"), key("retired")])
      assert.ok(!keepsItsName(other));
  });
});
