import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { describeCertificate } from "../../src/x509/certificate-description.ts";
import type { KeyType } from "../../src/x509/parts/public-key-info.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { encodeDer } from "../../src/x509/der/encode-der.ts";
import { generateKey } from "../../src/x509/generate-key.ts";
import { reissueCertificate } from "../../src/x509/reissue-certificate.ts";

const NOW = new Date(Date.UTC(2030, 0, 1));
const VALUE = encodeDer(0x30, Uint8Array.of(0x02, 0x01, 0x09));
const TYPES: readonly KeyType[] = [
  ...(["p256", "p384", "p521", "rsa", "rsa-pss", "ed25519", "ed448"] as const),
  ...(["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const),
];

/** By OpenSSL: whether it is signed by its own key. */
function isSelfSigned(pem: string): boolean {
  const certificate = new X509Certificate(pem);
  return certificate.verify(certificate.publicKey);
}

describe("reissueCertificate", () => {
  it("keeps the names, and whatever it is for, over a key of every type", async () => {
    const old = await createIdentity({
      name: "https://gw.example",
      type: "rsa",
      now: NOW,
      dnsNames: ["gw.example", "gw2.example"],
    });
    const before = describeCertificate(old.facts.der);
    const usage = new X509Certificate(old.certificatePem).keyUsage;
    for (const type of TYPES) {
      const privateKey = await generateKey(type);
      const { certificatePem, facts } = reissueCertificate(old.facts.der, { privateKey, now: NOW });
      const after = describeCertificate(facts.der);
      assert.equal(facts.keyType, type);
      assert.ok(isSelfSigned(certificatePem), type);
      assert.deepEqual(
        [after.subject, after.subjectAltNames, after.claimedName],
        [before.subject, before.subjectAltNames, before.claimedName],
      );
      const certificate = new X509Certificate(certificatePem);
      assert.equal(certificate.ca, false);
      assert.deepEqual(certificate.keyUsage, usage);
      assert.ok(certificate.checkPrivateKey(privateKey));
      assert.notEqual(after.serialNumber, before.serialNumber);
    }
  });

  it("keeps the key as it stands when it is the same: the pin does not change", async () => {
    const old = await createIdentity({ name: "ada", now: NOW });
    const privateKey = createPrivateKey(old.privateKeyPem);
    const { facts } = reissueCertificate(old.facts.der, { privateKey, now: new Date(), days: 9 });
    assert.equal(facts.pin, old.facts.pin);
    assert.deepEqual(facts.spki, old.facts.spki);
    assert.notEqual(facts.fingerprint, old.facts.fingerprint);
  });

  it("keeps, sets or takes out each of our extensions", async () => {
    const old = await createIdentity({ name: "ada", now: NOW, joinProof: () => VALUE });
    const privateKey = createPrivateKey(old.privateKeyPem);
    const options = { privateKey, now: NOW };
    const both = reissueCertificate(old.facts.der, { ...options, endorsement: VALUE });
    assert.deepEqual([both.facts.joinProof, both.facts.endorsement], [VALUE, VALUE]);
    const kept = reissueCertificate(both.facts.der, options);
    assert.deepEqual([kept.facts.joinProof, kept.facts.endorsement], [VALUE, VALUE]);
    const none = reissueCertificate(both.facts.der, { ...options, joinProof: null, endorsement: null });
    assert.deepEqual([none.facts.joinProof, none.facts.endorsement], [undefined, undefined]);
  });

  it("makes no certificate for no time, or of what is none", async () => {
    const old = await createIdentity({ name: "ada", now: NOW });
    const privateKey = createPrivateKey(old.privateKeyPem);
    assert.throws(
      () => reissueCertificate(old.facts.der, { privateKey, now: NOW, days: 0 }),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"),
    );
    assert.throws(
      () => reissueCertificate(Uint8Array.of(0x30, 0), { privateKey, now: NOW }),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED"),
    );
  });
});
