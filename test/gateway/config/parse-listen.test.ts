import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseListenAddress } from "../../../src/gateway/config/parse-listen.ts";

describe("where to listen", () => {
  it("is an address with a port, or all addresses of the machine", () => {
    assert.deepEqual(parseListenAddress("192.0.2.1:443"), { host: "192.0.2.1", port: 443 });
    assert.deepEqual(parseListenAddress("[::1]:0"), { host: "::1", port: 0 });
    assert.deepEqual(parseListenAddress(":443"), parseListenAddress("[::]:443"));
  });

  it("says its port", () => {
    for (const text of ["192.0.2.1", ":", ":x", ":70000", ""])
      assert.throws(() => parseListenAddress(text), { code: "ERR_HANDCLASP_OPTION" }, text);
  });
});
