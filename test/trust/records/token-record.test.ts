import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type TokenRecord, tokenState } from "../../../src/trust/records/token-record.ts";
import { factsOf } from "../../support/certificates.ts";

const { pin } = factsOf("server");
const OPEN: TokenRecord = {
  id: "00".repeat(16),
  publicKey: new Uint8Array(32),
  peer: "anna",
  nameKey: "anna",
  serverPin: pin,
  from: null,
  replace: false,
  groups: [],
  createdAt: 0,
  expires: 1000,
  usedAt: null,
  usedBy: null,
  cancelledAt: null,
};

describe("a join token", () => {
  it("is open up to its end, and not at it", () => {
    assert.equal(tokenState(OPEN, 999), "open");
    assert.equal(tokenState(OPEN, 1000), "expired");
  });

  it("stays used, and stays cancelled, when its end has come", () => {
    assert.equal(tokenState({ ...OPEN, usedAt: 5, usedBy: pin }, 2000), "used");
    assert.equal(tokenState({ ...OPEN, cancelledAt: 5 }, 2000), "cancelled");
  });

  it("is used when it was cancelled as well: somebody came by it", () => {
    assert.equal(tokenState({ ...OPEN, usedAt: 5, usedBy: pin, cancelledAt: 4 }, 6), "used");
  });
});
