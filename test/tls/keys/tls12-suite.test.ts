import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CIPHER_SUITE_NAMES } from "../../../src/tls/code-points/code-points-cipher-suites.ts";
import { TLS12_SUITES, type Tls12Suite } from "../../../src/tls/keys/tls12-suite.ts";

/** What follows _WITH_ in the name that IANA has for a suite of these properties. */
function namedBy({ cipher, hash }: Tls12Suite): string {
  const mac = { md5: "MD5", sha1: "SHA", sha256: "SHA256", sha384: "SHA384" };
  if (cipher.mode === "null") return `NULL_${mac[cipher.mac]}`;
  if (cipher.mode === "cbc") return `${underscored(cipher.cipher)}_${mac[cipher.mac]}`;
  if (cipher.aead === "chacha20-poly1305") return "CHACHA20_POLY1305_SHA256";
  const name = underscored(cipher.aead);
  if (!name.endsWith("CCM")) return `${name}_${mac[hash]}`;
  return cipher.tagLength === 8 ? `${name}_8` : name;
}

function underscored(cipher: string): string {
  return cipher.toUpperCase().replaceAll("-", "_");
}

describe("the suites of TLS 1.2", () => {
  it("have the cipher and the hashes that their names tell", () => {
    for (const [code, suite] of TLS12_SUITES) {
      const name = CIPHER_SUITE_NAMES.name(code) ?? "";
      // Of suites with CCM some names have the hash, which is SHA-256 in all of them.
      const told = name.replace(/^TLS_.+?_WITH_/, "").replace(/(?<=CCM(?:_8)?)_SHA256$/, "");
      assert.equal(told, namedBy(suite), name);
    }
  });

  it("have keys and MACs as long as their names tell", () => {
    const lengths = { md5: 16, sha1: 20, sha256: 32, sha384: 48 };
    for (const { cipher } of TLS12_SUITES.values()) {
      if (cipher.mode !== "aead") assert.equal(cipher.macLength, lengths[cipher.mac]);
      if (cipher.mode === "null") continue;
      const name = cipher.mode === "aead" ? cipher.aead : cipher.cipher;
      assert.equal(cipher.keyLength, name.includes("128") ? 16 : 32, name);
    }
  });

  it("are each there once", () => {
    assert.equal(
      new Set([...TLS12_SUITES].map(([code]) => CIPHER_SUITE_NAMES.name(code))).size,
      TLS12_SUITES.size,
    );
  });

  it("have another PRF than SHA-256 only where their names end in SHA384", () => {
    for (const [code, { hash }] of TLS12_SUITES) {
      const name = CIPHER_SUITE_NAMES.name(code) ?? "";
      assert.equal(hash, name.endsWith("SHA384") ? "sha384" : "sha256", name);
    }
  });
});
