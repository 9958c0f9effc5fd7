import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCertificateVerify } from "../../../../src/tls/messages/certificates/certificate-verify.ts";
import { concat, uint, vector } from "../support/encode.ts";

describe("CertificateVerify", () => {
  it("names its algorithm since TLS 1.2", () => {
    const signature = vector(2, [1, 2, 3]);
    const body = concat(uint(2, 0x0807), signature);
    const expected = { algorithm: 0x0807, signature: Uint8Array.of(1, 2, 3) };
    assert.deepEqual(parseCertificateVerify(body, "TLSv1.3"), expected);
    assert.deepEqual(parseCertificateVerify(body, "TLSv1.2"), expected);
    assert.deepEqual(parseCertificateVerify(signature, "TLSv1"), { ...expected, algorithm: undefined });
  });
});
