import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseClientKeyExchange } from "../../../../src/tls/messages/key-exchange/client-key-exchange.ts";
import { keyExchangeOf } from "../../../../src/tls/messages/key-exchange/key-exchange.ts";
import { parseServerKeyExchange } from "../../../../src/tls/messages/key-exchange/server-key-exchange.ts";
import { concat, text, uint, vector } from "../support/encode.ts";
import { malformed } from "../support/malformed.ts";

const ECDHE_ECDSA = 0xc02b;
const ECDH_ANON = 0xc018;
const DHE_RSA = 0x009e;
const ECDHE_PSK = 0xd001;
const DHE_PSK = 0x00aa;
const PSK = 0x00a8;
const RSA_PSK = 0x00ac;
const RSA = 0x009c;
const SRP = 0xc01d;

const CURVE = concat([3], uint(2, 23), vector(1, [4, 1, 2]));
const SIGNATURE = concat(uint(2, 0x0403), vector(2, [7, 7]));

describe("ServerKeyExchange", () => {
  it("of ECDHE shows the group, the public key and the signature", () => {
    assert.deepEqual(parseServerKeyExchange(concat(CURVE, SIGNATURE), "TLSv1.2", ECDHE_ECDSA), {
      method: "ecdhe",
      namedGroup: 23,
      publicKey: Uint8Array.of(4, 1, 2),
      pskIdentityHint: undefined,
      signature: { algorithm: 0x0403, signature: Uint8Array.of(7, 7) },
    });
  });

  it("does not name its algorithm until TLS 1.1", () => {
    const parsed = parseServerKeyExchange(concat(CURVE, vector(2, [7])), "TLSv1.1", ECDHE_ECDSA);
    assert.ok("signature" in parsed);
    assert.deepEqual(parsed.signature, { algorithm: undefined, signature: Uint8Array.of(7) });
  });

  it("of DHE shows the prime, the generator and the public key", () => {
    const body = concat(vector(2, [23]), vector(2, [5]), vector(2, [8]), SIGNATURE);
    const parsed = parseServerKeyExchange(body, "TLSv1.2", DHE_RSA);
    assert.ok(parsed.method === "dhe");
    assert.deepEqual(
      [parsed.prime, parsed.generator, parsed.publicKey],
      [Uint8Array.of(23), Uint8Array.of(5), Uint8Array.of(8)],
    );
  });

  it("is not signed by anonymous servers and under pre-shared keys, whose hint comes first", () => {
    assert.ok(parseServerKeyExchange(CURVE, "TLSv1.2", ECDH_ANON).method === "ecdhe");
    const hint = vector(2, text("hint"));
    for (const [suite, rest] of [
      [ECDHE_PSK, CURVE],
      [DHE_PSK, concat(vector(2, [23]), vector(2, [5]), vector(2, [8]))],
      [PSK, []],
      [RSA_PSK, []],
    ] as const) {
      const parsed = parseServerKeyExchange(concat(hint, rest), "TLSv1.2", suite);
      assert.ok("pskIdentityHint" in parsed);
      assert.deepEqual(parsed.pskIdentityHint, text("hint"));
      assert.equal(parsed.signature, undefined);
    }
  });

  it("is kept as it is when the suite is not known, has its own parameters, or names no curve", () => {
    const data = Uint8Array.of(1, 2, 3);
    for (const suite of [undefined, 0x7777, SRP, RSA, ECDHE_ECDSA])
      assert.deepEqual(parseServerKeyExchange(data, "TLSv1.2", suite), { method: "other", data });
  });

  it("is malformed when its signature is cut short", () => {
    assert.throws(
      () => parseServerKeyExchange(concat(CURVE, SIGNATURE).subarray(0, -1), "TLSv1.2", ECDHE_ECDSA),
      malformed("server_key_exchange.signature at byte 11: needs 2, has 1"),
    );
  });
});

describe("ClientKeyExchange", () => {
  for (const [name, suite, body, method, identity] of [
    ["ECDHE", ECDHE_ECDSA, vector(1, [9]), "ecdhe", undefined],
    ["DHE", DHE_RSA, vector(2, [9]), "dhe", undefined],
    ["RSA", RSA, vector(2, [9]), "rsa", undefined],
    ["ECDHE with a pre-shared key", ECDHE_PSK, concat(vector(2, [1]), vector(1, [9])), "ecdhe", [1]],
    ["RSA with a pre-shared key", RSA_PSK, concat(vector(2, [1]), vector(2, [9])), "rsa", [1]],
  ] as const) {
    it(`shows what the client sends for ${name}`, () => {
      assert.deepEqual(parseClientKeyExchange(body, suite), {
        method,
        pskIdentity: identity === undefined ? undefined : Uint8Array.from(identity),
        keyExchange: Uint8Array.of(9),
      });
    });
  }

  it("is an identity alone for a pre-shared key alone", () => {
    const parsed = parseClientKeyExchange(vector(2, text("me")), PSK);
    assert.deepEqual([parsed.pskIdentity, parsed.keyExchange], [text("me"), Uint8Array.of()]);
  });

  it("is kept as it is when the suite is not known", () => {
    const parsed = parseClientKeyExchange(Uint8Array.of(1, 2), undefined);
    assert.deepEqual([parsed.method, parsed.keyExchange], ["other", Uint8Array.of(1, 2)]);
  });
});

describe("key exchange", () => {
  it("follows from the name of the suite", () => {
    assert.deepEqual(keyExchangeOf(0xc030), { method: "ecdhe", psk: false, signed: true });
    assert.deepEqual(keyExchangeOf(0x0039), { method: "dhe", psk: false, signed: true });
    assert.deepEqual(keyExchangeOf(0xc0aa), { method: "dhe", psk: true, signed: false });
    assert.deepEqual(keyExchangeOf(0x1301), { method: "other", psk: false, signed: false });
  });
});
