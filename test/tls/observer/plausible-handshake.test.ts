import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HANDSHAKE_TYPE } from "../../../src/tls/code-points/code-points.ts";
import { CONTENT_TYPE } from "../../../src/tls/code-points/content-type.ts";
import type { TlsRecord } from "../../../src/tls/records/record-reader.ts";
import { isHello, isPlausibleHandshake } from "../../../src/tls/observer/plausible-handshake.ts";

const MOST = 10_000;
const { client_hello, server_hello, server_hello_done, client_key_exchange, finished } = HANDSHAKE_TYPE;

function message(type: number, content: Uint8Array, says = content.length): Uint8Array {
  return Uint8Array.from([type, says >> 16, (says >> 8) & 0xff, says & 0xff, ...content]);
}

/** The first bytes of a message that is longer. */
function begun(length: number): Uint8Array {
  return message(finished, new Uint8Array(length - 4), 5000);
}

/** What a hello begins with, zeros but for these. */
function body(version: readonly number[], sessionIdLength: number, length = 60): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(version);
  bytes[34] = sessionIdLength;
  return bytes;
}

function record(fragment: Uint8Array, type: number = CONTENT_TYPE.handshake): TlsRecord {
  return { type, version: 0x0303, header: new Uint8Array(5), fragment, offset: 0 };
}

describe("a fragment behind missing bytes", () => {
  it("is of the handshake when messages of its sender fill it", () => {
    const two = Buffer.concat([
      message(server_hello_done, new Uint8Array()),
      message(finished, new Uint8Array(12)),
    ]);
    assert.equal(isPlausibleHandshake(two, "server", MOST), true);
    assert.equal(isPlausibleHandshake(new Uint8Array(), "server", MOST), true);
  });

  it("is none with a message that only the other side sends, or that nobody does", () => {
    assert.equal(isPlausibleHandshake(message(server_hello_done, new Uint8Array()), "client", MOST), false);
    assert.equal(
      isPlausibleHandshake(message(client_key_exchange, new Uint8Array(66)), "server", MOST),
      false,
    );
    assert.equal(isPlausibleHandshake(message(99, new Uint8Array(3)), "client", MOST), false);
  });

  it("is none with a message that is longer than any may be", () => {
    const long = message(finished, new Uint8Array(300), MOST + 1);
    assert.equal(isPlausibleHandshake(long, "client", MOST), false);
    assert.equal(isPlausibleHandshake(message(finished, new Uint8Array(300), MOST), "client", MOST), true);
  });

  it("may end within a message only if it is as long as senders fill their records", () => {
    assert.equal(isPlausibleHandshake(begun(255), "client", MOST), false);
    assert.equal(isPlausibleHandshake(begun(256), "client", MOST), true);
  });
});

describe("a hello", () => {
  it("is the sender's own, of a version that there is, with a session id that can be", () => {
    const ofClient = message(client_hello, body([3, 3], 32));
    assert.equal(isHello(record(ofClient), "client"), true);
    assert.equal(isHello(record(ofClient), "server"), false);
    assert.equal(isHello(record(message(server_hello, body([3, 4], 0))), "server"), true);
    assert.equal(isHello(record(ofClient, CONTENT_TYPE.applicationData), "client"), false);
    for (const wrong of [body([2, 3], 0), body([3, 5], 0), body([3, 3], 33), body([3, 3], 0, 37)])
      assert.equal(isHello(record(message(client_hello, wrong)), "client"), false);
    assert.equal(isHello(record(message(client_hello, body([3, 3], 0, 38))), "client"), true);
  });
});
