import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toListedToken } from "../../src/operator/listed-token.ts";
import { toKeyId } from "../../src/trust/naming/key-id.ts";
import type { TokenRecord } from "../../src/trust/records/token-record.ts";
import { randomPin } from "../support/certificates.ts";

const TOKEN: TokenRecord = {
  id: "ab".repeat(16),
  publicKey: new Uint8Array(32).fill(7),
  peer: "anna",
  nameKey: "anna",
  serverPin: randomPin(),
  from: "192.0.2.0/24",
  replace: false,
  groups: [
    { name: "dba", nameKey: "dba" },
    { name: "Night shift", nameKey: "night shift" },
  ],
  createdAt: 1000,
  expires: 5000,
  usedAt: null,
  usedBy: null,
  cancelledAt: null,
};

describe("toListedToken", () => {
  it("has every field, and nothing of the token's key", () => {
    assert.deepEqual(toListedToken(TOKEN, 2000), {
      id: TOKEN.id,
      peer: "anna",
      state: "open",
      expires: "1970-01-01T00:00:05.000Z",
      from: "192.0.2.0/24",
      replace: false,
      groups: ["dba", "Night shift"],
      serverPin: TOKEN.serverPin,
      createdAt: "1970-01-01T00:00:01.000Z",
      usedAt: null,
      usedBy: null,
      usedByKeyId: null,
      cancelledAt: null,
    });
  });

  it("says where the token is in its life at that moment, and who used it", () => {
    const usedBy = randomPin();
    assert.equal(toListedToken(TOKEN, 5000).state, "expired");
    assert.equal(toListedToken({ ...TOKEN, cancelledAt: 1500 }, 2000).state, "cancelled");
    assert.partialDeepStrictEqual(toListedToken({ ...TOKEN, usedBy, usedAt: 1500 }, 2000), {
      state: "used",
      usedBy,
      usedByKeyId: toKeyId(usedBy),
    });
  });
});
