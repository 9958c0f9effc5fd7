import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAllowed } from "../../../src/gateway/config/parse-allowed.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";

describe("parseAllowed", () => {
  it("takes names, also with a colon, groups, and the key id of a peer that claims no name", () => {
    for (const text of [
      "anna",
      "Anna B",
      "spiffe://example/anna",
      "host:8080",
      "group:staff",
      "group:group:a",
    ]) {
      assert.equal(parseAllowed(text), text);
    }
    const keyId = toKeyId(`sha256:${"A".repeat(43)}=`);
    assert.equal(parseAllowed(keyId), keyId);
  });

  it("refuses what no name can be", () => {
    for (const text of ["", "a\u0000b", "a\u202eb", "x".repeat(256), "group:", "group:a\u0000"]) {
      assert.throws(() => parseAllowed(text), {
        code: "ERR_HANDCLASP_OPTION",
        message: /^no name can be so: /,
      });
    }
  });

  it("refuses what was meant for a group, and says how that is written", () => {
    for (const text of ["Group:staff", "gruop:staff", "groups: staff", "group :staff"]) {
      assert.throws(() => parseAllowed(text), {
        code: "ERR_HANDCLASP_OPTION",
        message: /^did you mean group:staff\?/,
      });
    }
  });
});
