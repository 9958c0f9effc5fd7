import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { DerReader, TAG } from "../../../src/x509/der/der.ts";
import { readingCertificate } from "../../../src/x509/parts/certificate-malformed.ts";

describe("what reads a certificate", () => {
  it("gives what it read", () => {
    assert.equal(
      readingCertificate(() => "anna"),
      "anna",
    );
  });

  it("says of the certificate what cannot be read in it, and where", () => {
    const reader = new DerReader(Uint8Array.of(4, 0), "x509");
    assert.throws(
      () => readingCertificate(() => reader.inside(TAG.SEQUENCE, "certificate")),
      (error: { code?: string; message?: string; details?: object }) => {
        assert.equal(error.code, "ERR_HANDCLASP_CERTIFICATE_MALFORMED");
        assert.match(error.message ?? "", /x509/);
        assert.ok("offset" in (error.details ?? {}));
        return true;
      },
    );
  });

  it("lets what is no fault of the certificate's pass as it is", () => {
    const fault = new RangeError("ours");
    assert.throws(
      () =>
        readingCertificate(() => {
          throw fault;
        }),
      (error) => error === fault,
    );
  });
});
