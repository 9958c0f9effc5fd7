import assert from "node:assert/strict";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { describe, it } from "node:test";
import { isUpgrade } from "../../../../src/gateway/http/front/is-upgrade.ts";

function asks(headers: IncomingHttpHeaders, method = "GET"): boolean {
  return isUpgrade({ headers, method } as IncomingMessage);
}

describe("isUpgrade", () => {
  it("takes another protocol, by any method that may have a body of known length", () => {
    assert.ok(asks({ upgrade: "websocket" }));
    assert.ok(asks({ upgrade: "tcp", "content-length": "12" }, "POST"));
  });

  it("never takes HTTP or TLS again, whatever stands around them", () => {
    for (const upgrade of ["h2c", "H2", "websocket, h2c", "HTTP/2.0", "tls/1.3", "tls,websocket"]) {
      assert.ok(!asks({ upgrade }), upgrade);
    }
    assert.ok(asks({ upgrade: "h2x" }));
  });

  it("never takes what has no body to answer, or one that cannot be kept until the upstream agreed", () => {
    for (const method of ["HEAD", "TRACE"]) assert.ok(!asks({ upgrade: "websocket" }, method), method);
    assert.ok(!asks({ upgrade: "tcp", expect: "100-continue" }, "POST"));
    assert.ok(!asks({ upgrade: "tcp", "transfer-encoding": "chunked" }, "POST"));
    assert.ok(!asks({ upgrade: "tcp", "content-length": "100000000" }, "POST"));
    assert.ok(!asks({ upgrade: "tcp", "content-length": "many" }, "POST"));
    assert.ok(!asks({}));
  });
});
