import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toListedMember } from "../../src/operator/listed-member.ts";

describe("toListedMember", () => {
  it("has the group, the peer, and since when", () => {
    assert.deepEqual(toListedMember({ group: "admins", peer: "anna", addedAt: 1000 }), {
      group: "admins",
      peer: "anna",
      addedAt: "1970-01-01T00:00:01.000Z",
    });
  });
});
