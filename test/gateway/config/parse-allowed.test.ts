import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseAllowed } from "../../../src/gateway/config/parse-allowed.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";

describe("parseAllowed", () => {
  it("takes names, also with a colon, groups, words, and the key id of a peer that claims no name", () => {
    for (const text of [
      "anna",
      "Anna B",
      "spiffe://example/anna",
      "host:8080",
      "group:staff",
      "group:group:a",
      "group:anyone",
      "anyone",
      "any-peer",
      "network:10.0.0.0/8",
      "network:192.0.2.7",
      "network:2001:db8::/32",
      "name:anyone",
      "name:group:a",
      "name:Anna B",
      "anyone else",
      "named:8080",
    ]) {
      assert.equal(parseAllowed(text), text);
    }
    const keyId = toKeyId(`sha256:${"A".repeat(43)}=`);
    assert.equal(parseAllowed(keyId), keyId);
  });

  it("refuses what no name can be", () => {
    for (const text of [
      "",
      "a\u0000b",
      "a\u202eb",
      "x".repeat(256),
      "group:",
      "group:a\u0000",
      "name:",
      "name:a\u0000",
    ]) {
      assert.throws(() => parseAllowed(text), {
        code: "ERR_HANDCLASP_OPTION",
        message: /^no name can be so: /,
      });
    }
  });

  it("refuses networks that are none, or could be meant in two ways", () => {
    for (const text of ["network:", "network:lan", "network:10.0.0.1/8", "network:::ffff:10.0.0.0/104"]) {
      assert.throws(
        () => parseAllowed(text),
        { code: "ERR_HANDCLASP_OPTION", message: /is no IP network/ },
        text,
      );
    }
  });

  it("refuses what was meant for a word, and says how that is written, and how a peer's name would be", () => {
    for (const [text, word] of [
      ["Anyone", "anyone"],
      ["ANYONE.", "anyone"],
      ["\uff41nyone", "anyone"],
      ["any one", "anyone"],
      ["any_peer", "any-peer"],
      ["Any Peer", "any-peer"],
      ["anypeer", "any-peer"],
      ["Network:10.0.0.0/8", "network:10.0.0.0/8"],
      ["netwrok: 10.0.0.0/8", "network:10.0.0.0/8"],
      ["network\uff1a10.0.0.0/8", "network:10.0.0.0/8"],
      ["Name: anna", "name:anna"],
    ] as const) {
      assert.throws(
        () => parseAllowed(text),
        ({ code, message }) =>
          code === "ERR_HANDCLASP_OPTION" &&
          message.startsWith(`did you mean ${word}? `) &&
          message.endsWith(`is name:${text}`),
        text,
      );
      assert.equal(parseAllowed(`name:${text}`), `name:${text}`);
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
