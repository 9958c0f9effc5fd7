import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isWeakSignature, signatureName } from "../../../src/explain/certificates/signature-name.ts";

describe("a signature on a certificate", () => {
  it("is weak by MD2, MD5 and SHA-1, and by no other hash", () => {
    for (const name of [
      "md2WithRSAEncryption",
      "md5WithRSAEncryption",
      "sha1WithRSAEncryption",
      "dsa-with-SHA1",
      "ecdsa-with-SHA1",
    ])
      assert.equal(isWeakSignature(name), true, name);
    for (const name of ["sha256WithRSAEncryption", "rsassaPss", "ecdsa-with-SHA224", "Ed25519", "1.2.3"])
      assert.equal(isWeakSignature(name), false, name);
  });

  it("has a name, or its OID", () => {
    assert.equal(signatureName("1.2.840.113549.1.1.5"), "sha1WithRSAEncryption");
    assert.equal(signatureName("1.3.14.3.2.29"), "sha1WithRSAEncryption");
    assert.equal(signatureName("1.2.3"), "1.2.3");
  });
});
