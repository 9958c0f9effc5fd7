import assert from "node:assert/strict";
import { getCipherInfo } from "node:crypto";
import { describe, it } from "node:test";
import { CIPHER_SUITES } from "../../../src/tls/keys/cipher-suite.ts";
import { TLS12_SUITES } from "../../../src/tls/keys/tls12-suite.ts";

describe("cipher suites", () => {
  it("has the five of TLS 1.3 under their numbers", () => {
    const codes = [...CIPHER_SUITES].filter(([, { version }]) => version === "TLSv1.3").map(([code]) => code);
    assert.deepEqual(codes, [0x1301, 0x1302, 0x1303, 0x1304, 0x1305]);
  });

  it("knows nothing of what is no cipher suite", () => {
    for (const code of [0x0000, 0x00ff, 0x5600, 0x0a0a, 0xffff])
      assert.equal(CIPHER_SUITES.get(code), undefined);
  });

  it("gives ciphers the key lengths that OpenSSL gives them", () => {
    for (const [code, suite] of CIPHER_SUITES) {
      const name = nameOf(suite);
      if (name === undefined) continue;
      const keyLength = suite.version === "TLSv1.3" ? suite.keyLength : suite.cipher.keyLength;
      assert.equal(getCipherInfo(name)?.keyLength, keyLength, code.toString(16));
    }
  });

  it("gives each AEAD of TLS 1.2 a nonce of twelve bytes", () => {
    for (const { cipher } of TLS12_SUITES.values()) {
      if (cipher.mode !== "aead") continue;
      assert.equal(cipher.fixedIvLength + (cipher.explicitNonceLength === 0 ? 0 : 8), 12);
    }
  });
});

function nameOf(
  suite: typeof CIPHER_SUITES extends ReadonlyMap<number, infer Suite> ? Suite : never,
): string | undefined {
  if (suite.version === "TLSv1.3") return suite.aead;
  if (suite.cipher.mode === "null") return undefined;
  return suite.cipher.mode === "aead" ? suite.cipher.aead : suite.cipher.cipher;
}
