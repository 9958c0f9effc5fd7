import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCount } from "../../../src/gateway/config/parse-count.ts";

describe("how many of something", () => {
  it("is a whole number above 0, in digits", () => {
    assert.equal(parseCount("1"), 1);
    assert.equal(parseCount("999999999"), 999_999_999);
    for (const text of ["0", "-1", "1.5", "1e3", "0x10", " 1", "", "many", "1000000000"])
      assert.throws(() => parseCount(text), { code: "ERR_HANDCLASP_OPTION" }, text);
  });
});
