import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseHost } from "../../../src/gateway/config/parse-host.ts";

describe("what a server is called", () => {
  it("is a host, or a host with a port, in one spelling", () => {
    assert.equal(parseHost("gw.example"), "gw.example");
    assert.equal(parseHost("gw.example:9443"), "gw.example:9443");
    assert.equal(parseHost("[::1]"), "[::1]");
    assert.equal(parseHost("[::1]:9443"), "[::1]:9443");
    assert.equal(parseHost("192.0.2.1"), "192.0.2.1");
  });

  it("is nothing that is no host", () => {
    for (const text of ["", "a b", "a:b:c", "gw.example:99999", "https://gw.example"])
      assert.throws(() => parseHost(text), { code: "ERR_HANDCLASP_OPTION" }, text);
  });
});
