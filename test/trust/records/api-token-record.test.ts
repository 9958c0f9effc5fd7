import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ApiTokenRecord, apiTokenState } from "../../../src/trust/records/api-token-record.ts";

const OPEN: ApiTokenRecord = {
  id: "00".repeat(16),
  hash: "00".repeat(32),
  name: "deploy",
  nameKey: "deploy",
  scope: "read",
  createdAt: 0,
  expires: 1000,
  cancelledAt: null,
};

describe("an API token", () => {
  it("is open up to its end, and not at it", () => {
    assert.equal(apiTokenState(OPEN, 999), "open");
    assert.equal(apiTokenState(OPEN, 1000), "expired");
  });

  it("is cancelled from then on, whatever else", () => {
    assert.equal(apiTokenState({ ...OPEN, cancelledAt: 5 }, 6), "cancelled");
    assert.equal(apiTokenState({ ...OPEN, cancelledAt: 5 }, 2000), "cancelled");
  });
});
