import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { helloOf } from "../../../src/capture/tcp/tls-hello.ts";
import { clientHello, message, record, serverHello } from "../../tls/messages/support/encode.ts";

describe("who sent a hello", () => {
  it("is told by its record", () => {
    assert.equal(helloOf(record(22, message(1, clientHello()))), "client");
    assert.equal(helloOf(record(22, message(2, serverHello([])))), "server");
  });

  it("is nobody of other bytes, and of too few", () => {
    assert.equal(helloOf(record(22, message(11, []))), undefined);
    assert.equal(helloOf(record(23, message(1, clientHello()))), undefined);
    assert.equal(helloOf(Uint8Array.of(22, 2, 0, 0, 4, 1)), undefined);
    assert.equal(helloOf(Uint8Array.of(22, 3, 1, 0, 4)), undefined);
  });
});
