import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nameContentType, nameMessageType } from "../../../src/tls/formats/format-names.ts";
import { CHANGE_CIPHER_SPEC_TYPE, type TraceMessage } from "../../../src/tls/observer/trace-message.ts";

function named(contentType: number, messageType: number | null): string | null {
  const message: TraceMessage = {
    connection: "1",
    direction: "read",
    version: "TLSv1.3",
    contentType,
    messageType,
    data: new Uint8Array(),
    time: 0,
  };
  return nameMessageType(message);
}

describe("the names of what is told", () => {
  it("are IANA's for what is on the wire, and OpenSSL's for what is not", () => {
    assert.equal(nameContentType(22), "handshake");
    assert.equal(nameContentType(256), "HEADER");
    assert.equal(nameContentType(257), "INNER_CONTENT_TYPE");
    assert.equal(nameContentType(99), null);
  });

  it("are of a message by what it is: an alert, a handshake message, a header", () => {
    assert.equal(named(22, 1), "client_hello");
    assert.equal(named(21, 40), "handshake_failure");
    assert.equal(named(256, 22), "handshake");
    assert.equal(named(257, 21), "alert");
    assert.equal(named(20, CHANGE_CIPHER_SPEC_TYPE), "change_cipher_spec");
    assert.equal(named(20, 1), null);
    assert.equal(named(22, null), null);
    assert.equal(named(22, 99), null);
  });
});
