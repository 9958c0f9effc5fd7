import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { reasonOfUnreadable, refuseFor } from "../../src/admission/refuse-for.ts";
import { type ErrorCode, HandclaspError } from "../../src/errors.ts";
import type { RefusalReason } from "../../src/trust/records/verdict.ts";

function reason(code: ErrorCode): RefusalReason | undefined {
  return reasonOfUnreadable(new HandclaspError(code, "x"));
}

describe("a refusal that needs no trust store", () => {
  it("says what was wrong, and by its fingerprint with which certificate", () => {
    const der = Uint8Array.of(0x30, 0);
    const refuse = refuseFor("malformed-certificate", new Error("spki is missing"), der);
    assert.deepEqual(refuse, {
      decision: "refuse",
      reason: "malformed-certificate",
      pin: null,
      peer: null,
      conflictsWith: null,
      problem: "spki is missing",
      fingerprint: createHash("sha256").update(der).digest("hex"),
    });
    assert.deepEqual(Object.keys(refuseFor("no-certificate")).includes("problem"), false);
  });

  it("is for what a client showed, and for no fault of ours", () => {
    assert.equal(reason("ERR_HANDCLASP_MALFORMED"), "malformed-certificate");
    assert.equal(reason("ERR_HANDCLASP_KEY_UNSUPPORTED"), "unsupported-key");
    assert.equal(reason("ERR_HANDCLASP_STORE_READ"), undefined);
    assert.equal(reasonOfUnreadable(new TypeError("x is undefined")), undefined);
  });
});
