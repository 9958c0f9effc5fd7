import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toldReason } from "../../src/authorizer/told-reason.ts";
import { alertOf, REFUSAL_REASONS } from "../../src/trust/judging/alerts.ts";

describe("toldReason", () => {
  it("tells reasons apart exactly where the alert does", () => {
    for (const one of REFUSAL_REASONS) {
      for (const other of REFUSAL_REASONS) {
        const isSameAlert = alertOf(one, "TLSv1.3") === alertOf(other, "TLSv1.3");
        assert.equal(toldReason(one) === toldReason(other), isSameAlert, `${one} and ${other}`);
      }
    }
  });

  it("is a reason with that alert", () => {
    for (const reason of REFUSAL_REASONS) {
      assert.equal(alertOf(toldReason(reason), "TLSv1.3"), alertOf(reason, "TLSv1.3"));
    }
    assert.equal(toldReason("ignored"), "pending");
  });
});
