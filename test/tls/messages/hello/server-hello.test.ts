import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, it } from "node:test";
import { parseEncryptedExtensions } from "../../../../src/tls/messages/hello/encrypted-extensions.ts";
import {
  HELLO_RETRY_REQUEST_RANDOM,
  parseServerHello,
} from "../../../../src/tls/messages/hello/server-hello.ts";
import { HELLO_RETRY_REQUEST } from "../../../vectors/rfc8448-hello-retry-request.ts";
import { RESUMED_0RTT } from "../../../vectors/rfc8448-resumed-0rtt.ts";
import { SIMPLE_1RTT } from "../../../vectors/rfc8448-simple-1rtt.ts";
import { concat, extension, serverHello, text, uint, vector } from "../support/encode.ts";
import { malformed } from "../support/malformed.ts";

const HEADERS = 9;

describe("ServerHello", () => {
  it("is read as RFC 8448 §3 prints it", () => {
    const hello = parseServerHello(SIMPLE_1RTT.records[1]?.bytes.subarray(HEADERS) ?? Uint8Array.of());
    assert.equal(hello.isHelloRetryRequest, false);
    assert.equal(hello.version, 0x0304);
    assert.equal(hello.legacyVersion, 0x0303);
    assert.equal(hello.cipherSuite, 0x1301);
    assert.equal(hello.compressionMethod, 0);
    assert.equal(hello.keyShare?.group, 29);
    assert.equal(
      Buffer.from(hello.keyShare.keyExchange).toString("hex"),
      "c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f",
    );
    assert.equal(hello.selectedIdentity, undefined);
  });

  it("names the key that RFC 8448 §4 resumes with", () => {
    const record = RESUMED_0RTT.records.find(({ from }) => from === "server");
    assert.equal(parseServerHello(record?.bytes.subarray(HEADERS) ?? Uint8Array.of()).selectedIdentity, 0);
  });

  it("is a HelloRetryRequest by its random, as in RFC 8448 §5", () => {
    assert.equal(
      Buffer.from(HELLO_RETRY_REQUEST_RANDOM).toString("hex"),
      hash("sha256", "HelloRetryRequest", "hex"),
    );
    const retry = parseServerHello(
      HELLO_RETRY_REQUEST.records[1]?.bytes.subarray(HEADERS) ?? Uint8Array.of(),
    );
    assert.equal(retry.isHelloRetryRequest, true);
    assert.equal(retry.selectedGroup, 23);
    assert.equal(retry.keyShare, undefined);
    assert.equal(retry.cookie?.length, 114);
  });

  it("tells the version of TLS 1.2 by its own field, with or without extensions", () => {
    const plain = parseServerHello(serverHello(undefined));
    assert.equal(plain.version, 0x0303);
    assert.deepEqual(plain.extensions, []);
    const full = parseServerHello(
      serverHello([
        extension(0),
        extension(5),
        extension(11, vector(1, [0])),
        extension(16, vector(2, vector(1, text("h2")))),
        extension(22),
        extension(23),
        extension(35),
        extension(0xff01, vector(1, [1, 2])),
      ]),
    );
    assert.equal(full.alpnProtocol, "h2");
    assert.deepEqual(full.renegotiationInfo, Uint8Array.of(1, 2));
    const flags = [
      full.serverNameAcknowledged,
      full.statusRequest,
      full.encryptThenMac,
      full.extendedMasterSecret,
      full.sessionTicket,
    ];
    assert.deepEqual(flags, [true, true, true, true, true]);
  });

  it("is malformed when it selects two protocols, or none", () => {
    const two = serverHello([extension(16, vector(2, vector(1, text("h2")), vector(1, text("h3"))))]);
    const field = "server_hello.extensions.application_layer_protocol_negotiation.protocol_name_list";
    assert.throws(() => parseServerHello(two), malformed(`${field} at byte 52: has 2 names, not one`));
    const none = serverHello([extension(16, vector(2))]);
    assert.throws(() => parseServerHello(none), malformed(`${field} at byte 46: has 0 names, not one`));
  });

  it("is malformed when a retry holds a whole share", () => {
    const share = extension(51, uint(2, 29), vector(2, [1, 2]));
    assert.throws(
      () => parseServerHello(serverHello([share], HELLO_RETRY_REQUEST_RANDOM)),
      malformed("server_hello.extensions.key_share at byte 46: has 4 bytes too many"),
    );
  });
});

describe("EncryptedExtensions", () => {
  it("are read as RFC 8448 §3 prints them", () => {
    const flight = SIMPLE_1RTT.records[2]?.content ?? Uint8Array.of();
    const encrypted = parseEncryptedExtensions(flight.subarray(4, 40));
    assert.deepEqual(encrypted.supportedGroups, [29, 23, 24, 25, 256, 257, 258, 259, 260]);
    assert.equal(encrypted.recordSizeLimit, 0x4001);
    assert.equal(encrypted.serverNameAcknowledged, true);
    assert.equal(encrypted.earlyData, undefined);
    assert.equal(encrypted.extensions.length, 3);
  });

  it("tell the protocol, and that early data was taken", () => {
    const body = vector(2, extension(42), extension(16, vector(2, vector(1, text("h2")))));
    const encrypted = parseEncryptedExtensions(body);
    assert.deepEqual([encrypted.alpnProtocol, encrypted.earlyData], ["h2", true]);
  });

  it("are never left out", () => {
    assert.throws(
      () => parseEncryptedExtensions(Uint8Array.of()),
      malformed("encrypted_extensions.extensions at byte 0: needs 2, has 0"),
    );
    assert.throws(
      () => parseEncryptedExtensions(concat(vector(2), [0])),
      malformed("encrypted_extensions at byte 2: has 1 bytes too many"),
    );
  });
});
