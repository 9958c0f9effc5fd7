import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  certificateTypeOf,
  hidesTypes,
  isUnanswered,
  noHellos,
  takeClientHello,
  takeServerHello,
} from "../../../src/tls/observer/observed-hellos.ts";
import { readClientHello, readServerHello } from "./support/hellos.ts";

const [X509, RAW] = [0, 2];

describe("the hellos of a connection", () => {
  it("are one handshake's until both were said, and then the next one's", () => {
    const first = noHellos();
    assert.equal(takeClientHello(first, readClientHello()), first);
    assert.equal(isUnanswered(first), true);
    assert.equal(takeServerHello(first, readServerHello(0x0303)), first);
    assert.equal(isUnanswered(first), false);
    const next = takeClientHello(first, readClientHello());
    assert.notEqual(next, first);
    assert.equal(takeServerHello(first, readServerHello(0x0303)), next);
    assert.equal(first.next, next);
  });

  it("are two of the client after a HelloRetryRequest, and count as one handshake", () => {
    const hellos = noHellos();
    const [one, two] = [readClientHello(), readClientHello({ earlyData: true })];
    takeClientHello(hellos, one);
    const retry = readServerHello(0x0304, { isHelloRetryRequest: true });
    assert.equal(takeServerHello(hellos, retry), hellos);
    assert.equal(isUnanswered(hellos), false);
    assert.equal(takeClientHello(hellos, two), hellos);
    assert.equal(hellos.client, two);
    assert.equal(isUnanswered(hellos), true);
    takeServerHello(hellos, readServerHello(0x0304));
    assert.equal(hellos.retry, retry);
    assert.equal(hellos.next, undefined);
  });

  it("may lack the client's, where it was not seen", () => {
    const hellos = noHellos();
    takeServerHello(hellos, readServerHello(0x0303));
    assert.equal(takeClientHello(hellos, readClientHello()), hellos);
  });

  it("are malformed out of turn", () => {
    const hellos = noHellos();
    takeClientHello(hellos, readClientHello());
    assert.throws(() => takeClientHello(hellos, readClientHello()), /before the last one was answered/);
    takeServerHello(hellos, readServerHello(0x0304, { isHelloRetryRequest: true }));
    const again = readServerHello(0x0304, { isHelloRetryRequest: true });
    assert.throws(() => takeServerHello(hellos, again), /second hello_retry_request/);
    const unseen = noHellos();
    takeServerHello(unseen, readServerHello(0x0303));
    assert.throws(() => takeServerHello(unseen, readServerHello(0x0303)), /answers no client_hello/);
  });
});

describe("whether content types are hidden", () => {
  it("goes by the version that was chosen, and the extension that chose it", () => {
    assert.equal(hidesTypes(readServerHello(0x0303)), false);
    assert.equal(hidesTypes(readServerHello(0x0304)), true);
    assert.equal(hidesTypes(readServerHello(0x0303, { version: 0x7f1c, supportedVersion: 0x7f1c })), true);
  });
});

describe("what a Certificate message holds", () => {
  it("is not known before the server's hello, and in TLS 1.3 before its extensions", () => {
    assert.equal(certificateTypeOf("server", noHellos()), undefined);
    const server = readServerHello(0x0304, { serverCertificateType: RAW });
    assert.equal(certificateTypeOf("server", { ...noHellos(), server }), undefined);
  });

  it("is X.509 unless they agreed on another thing, each side for itself", () => {
    const server = readServerHello(0x0303, { serverCertificateType: RAW });
    assert.equal(certificateTypeOf("server", { ...noHellos(), server }), RAW);
    assert.equal(certificateTypeOf("client", { ...noHellos(), server }), X509);
  });
});
