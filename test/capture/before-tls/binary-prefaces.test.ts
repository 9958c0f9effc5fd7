import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  clientPiece,
  type Known,
  type Recognised,
  serverPiece,
} from "../../../src/capture/before-tls/binary-prefaces.ts";

const NOTHING: Known = { asked: undefined, isProbed: false, negotiates: false, hasClient: true };

function client(text: string, known: Partial<Known> = {}): Recognised {
  return clientPiece(Buffer.from(text, "latin1"), { ...NOTHING, ...known });
}

function server(text: string, known: Partial<Known> = {}): Recognised {
  return serverPiece(Buffer.from(text, "latin1"), { ...NOTHING, ...known });
}

const SSL_REQUEST = "\0\0\0\x08\x04\xd2\x16\x2f";
const SOCKS5_TO_NAME = "\x05\x01\0\x03\x04here\x01\xbb";
const SOCKS4A = "\x04\x01\x01\xbb\0\0\0\x01me\0here\0";

describe("a message before TLS that is no text", () => {
  it("is as long as it says itself", () => {
    const proxy = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c";
    assert.deepEqual(client(proxy), { length: 28, said: { does: "is", name: "PROXY v2" } });
    assert.deepEqual(client(SSL_REQUEST), {
      length: 8,
      said: { does: "ask", name: "PostgreSQL SSLRequest" },
    });
    assert.deepEqual(client(SOCKS5_TO_NAME, { negotiates: true }), {
      length: SOCKS5_TO_NAME.length,
      said: { does: "ask", name: "SOCKS5" },
    });
    assert.deepEqual(client(SOCKS4A), { length: SOCKS4A.length, said: { does: "ask", name: "SOCKS4" } });
    assert.deepEqual(server("\x4a\0\0\0\x0a8.0"), {
      length: 0x4e,
      said: { does: "accept", name: "MySQL SSLRequest" },
    });
  });

  it("is one more byte to wait for as long as it may become one", () => {
    for (const text of [SSL_REQUEST, SOCKS4A]) {
      for (let length = 1; length < text.length; length++) {
        assert.equal(client(text.slice(0, length)), "more", `${length} of ${JSON.stringify(text)}`);
      }
    }
  });

  it("counts as SOCKS 5 only in the order of a negotiation", () => {
    assert.deepEqual(client("\x05\x01\0"), { length: 3, negotiates: true });
    assert.equal(client("\x05\0"), undefined);
    assert.deepEqual(client("\x01\x02me\x03yes", { negotiates: true }), { length: 8, negotiates: true });
    assert.equal(client("\x01\x02me\x03yes"), undefined);
    assert.equal(client("\x05\x04\0\x01", { negotiates: true }), undefined);
  });

  it("is an answer only to what was asked, or where nobody heard the client", () => {
    const asked = "PostgreSQL SSLRequest";
    assert.deepEqual(server("S", { asked }), { length: 1, said: { does: "accept", name: asked } });
    assert.deepEqual(server("N", { asked }), {
      length: 1,
      said: { does: "refuse", name: asked, answer: "N" },
    });
    assert.deepEqual(server("G", { isProbed: true }), { length: 1, said: { does: "probed", name: asked } });
    assert.equal(server("S\x16\x03"), undefined);
    assert.deepEqual(server("S\x16\x03", { hasClient: false }), {
      length: 1,
      said: { does: "accept", name: asked },
    });
    assert.equal(server("\0\x5a\0\0\0\0\0\0"), undefined);
    assert.deepEqual(server("\0\x5b\0\0\0\0\0\0", { asked: "SOCKS4" }), {
      length: 8,
      said: { does: "refuse", name: "SOCKS4", answer: "91" },
    });
  });

  it("is at least a byte long, or nothing, whatever comes", () => {
    const known = fc.record({
      asked: fc.constantFrom(undefined, "SOCKS4", "PostgreSQL SSLRequest"),
      isProbed: fc.boolean(),
      negotiates: fc.boolean(),
      hasClient: fc.boolean(),
    }) as fc.Arbitrary<Known>;
    const first = fc.constantFrom(0, 1, 4, 5, 0x0d, 0x30, 0x4e, 0x53);
    fc.assert(
      fc.property(first, fc.uint8Array({ maxLength: 40 }), known, (head, rest, about) => {
        const bytes = Uint8Array.of(head, ...rest);
        for (const piece of [clientPiece(bytes, about), serverPiece(bytes, about)]) {
          if (typeof piece === "object") assert.ok(Number.isSafeInteger(piece.length) && piece.length > 0);
        }
      }),
    );
  });
});
