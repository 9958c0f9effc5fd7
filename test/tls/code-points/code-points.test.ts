import assert from "node:assert/strict";
import { getCiphers } from "node:tls";
import { describe, it } from "node:test";
import { CIPHER_SUITES } from "../../../src/tls/keys/cipher-suite.ts";
import { CIPHER_SUITE_NAMES } from "../../../src/tls/code-points/code-points-cipher-suites.ts";
import { EXTENSION_TYPES } from "../../../src/tls/code-points/code-points-extensions.ts";
import { NAMED_GROUPS } from "../../../src/tls/code-points/code-points-named-groups.ts";
import { SIGNATURE_SCHEMES } from "../../../src/tls/code-points/code-points-signature-schemes.ts";
import { tlsVersion, VERSIONS } from "../../../src/tls/code-points/code-points-version.ts";
import {
  ALERT_DESCRIPTIONS,
  CERTIFICATE_COMPRESSION_ALGORITHMS,
  type CodePoints,
  CONTENT_TYPES,
  HANDSHAKE_TYPES,
  isGrease,
  isGreaseByte,
  PSK_KEY_EXCHANGE_MODES,
} from "../../../src/tls/code-points/code-points.ts";

const REGISTRIES: Readonly<Record<string, CodePoints>> = {
  ALERT_DESCRIPTIONS,
  CERTIFICATE_COMPRESSION_ALGORITHMS,
  CIPHER_SUITE_NAMES,
  CONTENT_TYPES,
  EXTENSION_TYPES,
  HANDSHAKE_TYPES,
  NAMED_GROUPS,
  PSK_KEY_EXCHANGE_MODES,
  SIGNATURE_SCHEMES,
  VERSIONS,
};

describe("code points", () => {
  for (const [registry, points] of Object.entries(REGISTRIES)) {
    it(`are looked up both ways in ${registry}, each number and each name once`, () => {
      const list = points.list();
      assert.ok(list.length > 1);
      assert.equal(new Set(list.map(({ name }) => name)).size, list.length);
      for (const { code, name } of list) {
        assert.ok(name !== null);
        assert.equal(points.code(name), code);
        assert.deepEqual(points.of(code), { code, name });
      }
    });
  }

  it("are IANA's", () => {
    assert.equal(CIPHER_SUITE_NAMES.name(0x1303), "TLS_CHACHA20_POLY1305_SHA256");
    assert.equal(CIPHER_SUITE_NAMES.code("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), 0xc02b);
    assert.equal(EXTENSION_TYPES.name(51), "key_share");
    assert.equal(NAMED_GROUPS.name(0x11ec), "X25519MLKEM768");
    assert.equal(SIGNATURE_SCHEMES.name(0x0403), "ecdsa_secp256r1_sha256");
    assert.equal(ALERT_DESCRIPTIONS.name(116), "certificate_required");
    assert.equal(HANDSHAKE_TYPES.name(22), "certificate_status");
    assert.equal(CONTENT_TYPES.name(22), "handshake");
    assert.equal(CERTIFICATE_COMPRESSION_ALGORITHMS.name(3), "zstd");
    assert.equal(VERSIONS.name(0x0304), "TLSv1.3");
  });

  it("keep a number they do not know, without a name", () => {
    assert.deepEqual(NAMED_GROUPS.of(0x7777), { code: 0x7777, name: null });
    assert.equal(NAMED_GROUPS.code("curve25519"), undefined);
    assert.equal(tlsVersion(0x0305), undefined);
  });

  it("recognise GREASE, of two bytes and of one", () => {
    const two = Array.from({ length: 0x10000 }, (_, code) => code).filter(isGrease);
    assert.deepEqual(
      two,
      Array.from({ length: 16 }, (_, index) => 0x0a0a + 0x1010 * index),
    );
    const one = Array.from({ length: 0x100 }, (_, code) => code).filter(isGreaseByte);
    assert.deepEqual(one, [0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4]);
    assert.equal(CIPHER_SUITE_NAMES.name(0xbaba), "GREASE");
    assert.equal(PSK_KEY_EXCHANGE_MODES.name(0x2a), "GREASE");
    assert.equal(CONTENT_TYPES.name(0x0a0a), null);
  });

  it("name every suite whose records we decrypt", () => {
    const nameless = Array.from(CIPHER_SUITES.keys()).filter(
      (code) => CIPHER_SUITE_NAMES.name(code) === null,
    );
    assert.deepEqual(nameless, []);
  });

  it("name every suite of TLS 1.3 that Node can have", () => {
    const suites = getCiphers().filter((name) => name.startsWith("tls_"));
    assert.ok(suites.length >= 3);
    for (const name of suites) assert.notEqual(CIPHER_SUITE_NAMES.code(name.toUpperCase()), undefined, name);
  });
});
