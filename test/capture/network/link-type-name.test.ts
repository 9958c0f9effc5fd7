import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeLinkType } from "../../../src/capture/network/link-type-name.ts";

describe("a link type that is not read", () => {
  it("is told by its number, with its name where the registry has one", () => {
    assert.equal(describeLinkType(290), "290 (LINKTYPE_ETW)");
    assert.equal(describeLinkType(9999), "9999");
  });

  it("may be one of sixteen that are left to users", () => {
    assert.equal(describeLinkType(147), "147 (LINKTYPE_USER0)");
    assert.equal(describeLinkType(162), "162 (LINKTYPE_USER15)");
    assert.ok(!describeLinkType(163).includes("USER"));
  });
});
