import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { type ClientHello, parseClientHello } from "../../../../src/tls/messages/hello/client-hello.ts";
import { HELLO_RETRY_REQUEST } from "../../../vectors/rfc8448-hello-retry-request.ts";
import { RESUMED_0RTT } from "../../../vectors/rfc8448-resumed-0rtt.ts";
import { SIMPLE_1RTT } from "../../../vectors/rfc8448-simple-1rtt.ts";
import type { Trace } from "../../../vectors/rfc8448-trace.ts";
import { clientHello, codes, concat, extension, RANDOM, text, uint, vector } from "../support/encode.ts";
import { malformed } from "../support/malformed.ts";

const HEADERS = 9;

/** The nth record of a trace, which holds nothing but one hello. */
function tracedHello(trace: Trace, index: number): ClientHello {
  const bytes = trace.records[index]?.bytes.subarray(HEADERS);
  assert.ok(bytes);
  return parseClientHello(bytes);
}

function withExtensions(...extensions: readonly Uint8Array[]): ClientHello {
  return parseClientHello(clientHello({ extensions }));
}

describe("ClientHello", () => {
  it("is read as RFC 8448 §3 prints it", () => {
    const hello = tracedHello(SIMPLE_1RTT, 0);
    assert.equal(hello.legacyVersion, 0x0303);
    assert.equal(
      Buffer.from(hello.random).toString("hex"),
      "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7",
    );
    assert.equal(hello.sessionId.length, 0);
    assert.deepEqual(hello.cipherSuites, [0x1301, 0x1303, 0x1302]);
    assert.deepEqual(hello.compressionMethods, [0]);
    assert.deepEqual(
      hello.extensions.map(({ type }) => type),
      [0, 0xff01, 10, 35, 51, 43, 13, 45, 28],
    );
    assert.equal(hello.serverName, "server");
    assert.deepEqual(hello.supportedGroups, [29, 23, 24, 25, 256, 257, 258, 259, 260]);
    assert.deepEqual(hello.supportedVersions, [0x0304]);
    assert.equal(hello.signatureAlgorithms?.length, 15);
    assert.deepEqual(hello.pskKeyExchangeModes, [1]);
    assert.deepEqual(hello.sessionTicket, new Uint8Array(0));
    assert.deepEqual(hello.renegotiationInfo, new Uint8Array(0));
    assert.equal(hello.recordSizeLimit, 0x4001);
    assert.equal(hello.keyShares?.length, 1);
    assert.equal(hello.keyShares[0]?.group, 29);
    assert.equal(
      Buffer.from(hello.keyShares[0]?.keyExchange ?? []).toString("hex"),
      "99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c",
    );
    assert.equal(hello.preSharedKey, undefined);
    assert.equal(hello.alpnProtocols, undefined);
  });

  it("shows the ticket, the binder and the early data of RFC 8448 §4", () => {
    const hello = tracedHello(RESUMED_0RTT, 0);
    assert.equal(hello.earlyData, true);
    const { identities, binders } = hello.preSharedKey ?? { identities: [], binders: [] };
    assert.deepEqual(
      identities.map(({ identity }) => identity.length),
      [178],
    );
    assert.equal(identities[0]?.obfuscatedTicketAge, 0xfad6aacb);
    assert.equal(
      Buffer.from(binders[0] ?? []).toString("hex"),
      "3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d",
    );
  });

  it("shows the cookie and the new share of RFC 8448 §5's second hello", () => {
    const hello = tracedHello(HELLO_RETRY_REQUEST, 2);
    assert.equal(hello.cookie?.length, 114);
    assert.deepEqual(
      hello.keyShares?.map(({ group, keyExchange }) => [group, keyExchange.length]),
      [[23, 65]],
    );
  });

  it("may end before its extensions, as those of TLS 1.0 did", () => {
    assert.deepEqual(parseClientHello(clientHello()).extensions, []);
    assert.equal(parseClientHello(clientHello()).serverName, undefined);
  });

  it("keeps extensions it does not know as bytes, GREASE too", () => {
    const hello = withExtensions(extension(0x0a0a, [1, 2]), extension(0xfe0d, [3]), extension(0x7777));
    assert.deepEqual(hello.extensions, [
      { type: 0x0a0a, data: Uint8Array.of(1, 2) },
      { type: 0xfe0d, data: Uint8Array.of(3) },
      { type: 0x7777, data: Uint8Array.of() },
    ]);
  });

  it("reads the extensions that no trace has", () => {
    const hello = withExtensions(
      extension(16, vector(2, vector(1, text("h2")), vector(1, text("http/1.1")))),
      extension(50, codes(2, [0x0403])),
      extension(23),
      extension(22),
      extension(49),
      extension(27, codes(1, [2, 1, 3])),
      extension(47, vector(2, vector(2, [0x30, 0]), vector(2, [0x30, 1, 5]))),
      extension(5, [1], vector(2, vector(2, [7])), vector(2, [8, 9])),
      extension(11, vector(1, [0, 1])),
    );
    assert.deepEqual(hello.alpnProtocols, ["h2", "http/1.1"]);
    assert.deepEqual(hello.signatureAlgorithmsCert, [0x0403]);
    assert.deepEqual(
      [hello.extendedMasterSecret, hello.encryptThenMac, hello.postHandshakeAuth],
      [true, true, true],
    );
    assert.deepEqual(hello.compressCertificate, [2, 1, 3]);
    assert.deepEqual(hello.certificateAuthorities, [Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 1, 5)]);
    assert.deepEqual(hello.statusRequest, {
      statusType: 1,
      responderIds: [Uint8Array.of(7)],
      requestExtensions: Uint8Array.of(8, 9),
    });
    assert.deepEqual(hello.ecPointFormats, [0, 1]);
  });

  it("shows every byte of a hostile server name, and no name of another type", () => {
    const names = vector(2, [7], vector(2, text("other")), [0], vector(2, text("a\0\n\xff")));
    assert.equal(withExtensions(extension(0, names)).serverName, "a\0\n\xff");
    assert.equal(
      withExtensions(extension(0, vector(2, [7], vector(2, text("other"))))).serverName,
      undefined,
    );
  });

  for (const [what, body, message] of [
    ["in the version", Uint8Array.of(3), "client_hello.legacy_version at byte 0: needs 2, has 1"],
    ["in the random", clientHello().subarray(0, 20), "client_hello.random at byte 2: needs 32, has 18"],
    [
      "in the cipher suites",
      concat(uint(2, 0x0303), RANDOM, [0], uint(2, 3), [1, 2, 3]),
      "client_hello.cipher_suites at byte 37: has 3 bytes, an odd number",
    ],
    [
      "in the session id",
      clientHello({ sessionId: new Uint8Array(33) }),
      "client_hello.legacy_session_id at byte 35: has 33 bytes, more than 32",
    ],
    [
      "in a key share",
      clientHello({ extensions: [extension(51, vector(2, uint(2, 29), uint(2, 32), [1, 2]))] }),
      "client_hello.extensions.key_share.client_shares.key_exchange at byte 53: needs 32, has 2",
    ],
    [
      "in binders",
      clientHello({ extensions: [extension(41, vector(2, vector(2, [1]), uint(4, 0)), vector(2))] }),
      "client_hello.extensions.pre_shared_key at byte 58: has 0 binders for 1 identities",
    ],
    [
      "at the end of an extension",
      clientHello({ extensions: [extension(23, [1])] }),
      "client_hello.extensions.extended_master_secret at byte 47: has 1 bytes too many",
    ],
    [
      "at an extension that comes again",
      clientHello({ extensions: [extension(23), extension(23)] }),
      "client_hello.extensions.extended_master_secret at byte 49: is there twice",
    ],
    [
      "at the end",
      concat(clientHello({ extensions: [] }), [0]),
      "client_hello at byte 43: has 1 bytes too many",
    ],
  ] as const) {
    it(`names the field and the offset of a fault ${what}`, () => {
      assert.throws(() => parseClientHello(body), malformed(message));
    });
  }

  it("gives back what was encoded", () => {
    const u16 = fc.nat(0xffff);
    const parts = fc.record({
      version: u16,
      random: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      sessionId: fc.uint8Array({ maxLength: 32 }),
      suites: fc.array(u16),
      groups: fc.array(u16),
      shares: fc.array(fc.tuple(u16, fc.uint8Array({ maxLength: 1300 })), { maxLength: 4 }),
      protocols: fc.array(fc.string({ unit: "binary-ascii", maxLength: 20 }), { maxLength: 4 }),
    });
    fc.assert(
      fc.property(parts, ({ groups, shares, protocols, ...fields }) => {
        const extensions = [
          extension(10, codes(2, groups)),
          extension(51, vector(2, ...shares.map(([group, key]) => concat(uint(2, group), vector(2, key))))),
          extension(16, vector(2, ...protocols.map((name) => vector(1, text(name))))),
        ];
        const hello = parseClientHello(clientHello({ ...fields, extensions }));
        assert.equal(hello.legacyVersion, fields.version);
        assert.deepEqual(hello.random, fields.random);
        assert.deepEqual(hello.sessionId, fields.sessionId);
        assert.deepEqual(hello.cipherSuites, fields.suites);
        assert.deepEqual(hello.supportedGroups, groups);
        assert.deepEqual(
          hello.keyShares,
          shares.map(([group, keyExchange]) => ({ group, keyExchange })),
        );
        assert.deepEqual(hello.alpnProtocols, protocols);
      }),
    );
  });
});
