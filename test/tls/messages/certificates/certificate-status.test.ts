import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseCertificateStatus } from "../../../../src/tls/messages/certificates/certificate-status.ts";
import { concat, vector } from "../support/encode.ts";

describe("CertificateStatus", () => {
  it("holds an OCSP response, or what another type brings", () => {
    assert.deepEqual(parseCertificateStatus(concat([1], vector(3, [0x30, 0]))), {
      statusType: 1,
      response: Uint8Array.of(0x30, 0),
    });
    assert.deepEqual(parseCertificateStatus(Uint8Array.of(2, 9, 9)).response, Uint8Array.of(9, 9));
  });
});
