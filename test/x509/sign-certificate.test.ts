import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { encodeName } from "../../src/x509/parts/identity-content.ts";
import { signCertificate } from "../../src/x509/sign-certificate.ts";
import { KEY_TYPES, type KeyPair, newKeyPair } from "./support/key-pairs.ts";

const NOT_BEFORE = new Date("2025-01-01T00:00:00Z");
const NOT_AFTER = new Date("2045-01-01T00:00:00Z");

function contentOf({ spki }: KeyPair): Parameters<typeof signCertificate>[0] {
  return { subject: encodeName("anna"), notBefore: NOT_BEFORE, notAfter: NOT_AFTER, spki, extensions: [] };
}

describe("a certificate that is signed", () => {
  for (const type of KEY_TYPES)
    it(`names what its key signs, so that others find it signed by that key: ${type}`, () => {
      const pair = newKeyPair(type);
      const { certificatePem, facts } = signCertificate(contentOf(pair), type, pair.privateKey);
      assert.ok(new X509Certificate(certificatePem).verify(pair.publicKey));
      assert.equal(facts.keyType, type);
      assert.equal(facts.claimedName, "anna");
    });

  it("has a serial number of its own, positive, of 16 bytes", () => {
    const pair = newKeyPair("p256");
    const serials = Array.from({ length: 50 }, () => {
      const { certificatePem } = signCertificate(contentOf(pair), "p256", pair.privateKey);
      return new X509Certificate(certificatePem).serialNumber;
    });
    assert.equal(new Set(serials).size, serials.length);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
  });
});
