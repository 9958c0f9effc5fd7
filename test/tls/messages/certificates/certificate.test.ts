import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { parseCertificateRequest } from "../../../../src/tls/messages/certificates/certificate-request.ts";
import { parseCertificateMessage } from "../../../../src/tls/messages/certificates/certificate.ts";
import { RSA_CERTIFICATE } from "../../../vectors/rfc8448-simple-1rtt.ts";
import { codes, concat, extension, vector } from "../support/encode.ts";
import { malformed } from "../support/malformed.ts";

describe("Certificate", () => {
  it("of TLS 1.3 holds the certificate of RFC 8448 §3", () => {
    const { requestContext, entries } = parseCertificateMessage(RSA_CERTIFICATE.subarray(4), "TLSv1.3");
    assert.equal(requestContext.length, 0);
    assert.equal(entries.length, 1);
    assert.deepEqual(entries[0]?.extensions, []);
    assert.equal(new X509Certificate(entries[0]?.certificate ?? "").subject, "CN=rsa");
  });

  it("of TLS 1.2 has neither context nor extensions", () => {
    const body = vector(3, vector(3, [1, 2]), vector(3, [3]));
    assert.deepEqual(parseCertificateMessage(body, "TLSv1.2"), {
      requestContext: Uint8Array.of(),
      entries: [
        { certificate: Uint8Array.of(1, 2), extensions: [] },
        { certificate: Uint8Array.of(3), extensions: [] },
      ],
    });
  });

  it("is empty when a client has none to show", () => {
    assert.deepEqual(parseCertificateMessage(vector(3), "TLSv1.2").entries, []);
    assert.deepEqual(parseCertificateMessage(concat(vector(1), vector(3)), "TLSv1.3").entries, []);
  });

  it("repeats the context of a request after the handshake", () => {
    const body = concat(vector(1, [9, 8]), vector(3));
    assert.deepEqual(parseCertificateMessage(body, "TLSv1.3").requestContext, Uint8Array.of(9, 8));
  });

  it("gives back the certificates and extensions that were encoded", () => {
    const entry = fc.tuple(fc.uint8Array({ maxLength: 500 }), fc.uint8Array({ maxLength: 50 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 5 }), (entries) => {
        const encoded = entries.map(([certificate, data]) =>
          concat(vector(3, certificate), vector(2, extension(18, data))),
        );
        const parsed = parseCertificateMessage(concat(vector(1), vector(3, ...encoded)), "TLSv1.3");
        assert.deepEqual(
          parsed.entries,
          entries.map(([certificate, data]) => ({ certificate, extensions: [{ type: 18, data }] })),
        );
      }),
    );
  });

  for (const [what, body, message] of [
    [
      "in a certificate",
      concat(vector(1), vector(3, [0, 0, 5, 1, 2])),
      "certificate.certificate_list.cert_data at byte 7: needs 5, has 2",
    ],
    [
      "in the extensions after it",
      concat(vector(1), vector(3, vector(3, [1]), [0])),
      "certificate.certificate_list.extensions at byte 8: needs 2, has 1",
    ],
    ["at the end", concat(vector(1), vector(3), [1]), "certificate at byte 4: has 1 bytes too many"],
  ] as const) {
    it(`names the field and the offset of a fault ${what}`, () => {
      assert.throws(() => parseCertificateMessage(body, "TLSv1.3"), malformed(message));
    });
  }
});

describe("CertificateRequest", () => {
  it("of TLS 1.2 tells types, algorithms and authorities", () => {
    const body = concat(vector(1, [1, 64]), codes(2, [0x0403, 0x0804]), vector(2, vector(2, [0x30, 0])));
    const request = parseCertificateRequest(body, "TLSv1.2");
    assert.deepEqual(request.certificateTypes, [1, 64]);
    assert.deepEqual(request.signatureAlgorithms, [0x0403, 0x0804]);
    assert.deepEqual(request.certificateAuthorities, [Uint8Array.of(0x30, 0)]);
  });

  it("of TLS 1.1 has no algorithms", () => {
    const request = parseCertificateRequest(concat(vector(1, [1]), vector(2)), "TLSv1.1");
    assert.deepEqual([request.certificateTypes, request.signatureAlgorithms], [[1], []]);
  });

  it("of TLS 1.3 tells the same by extensions", () => {
    const extensions = vector(
      2,
      extension(13, codes(2, [0x0403])),
      extension(50, codes(2, [0x0807])),
      extension(47, vector(2, vector(2, [0x30, 0]))),
      extension(27, codes(1, [3])),
      extension(0x7777, [1]),
    );
    const request = parseCertificateRequest(concat(vector(1, [5]), extensions), "TLSv1.3");
    assert.deepEqual(request.requestContext, Uint8Array.of(5));
    assert.deepEqual(request.signatureAlgorithms, [0x0403]);
    assert.deepEqual(request.signatureAlgorithmsCert, [0x0807]);
    assert.deepEqual(request.certificateAuthorities, [Uint8Array.of(0x30, 0)]);
    assert.deepEqual(request.compressCertificate, [3]);
    assert.deepEqual(request.extensions.at(-1), { type: 0x7777, data: Uint8Array.of(1) });
  });
});
