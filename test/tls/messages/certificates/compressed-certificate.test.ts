import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { brotliCompressSync, deflateSync, zstdCompressSync } from "node:zlib";
import { parseCertificateMessage } from "../../../../src/tls/messages/certificates/certificate.ts";
import { parseCompressedCertificate } from "../../../../src/tls/messages/certificates/compressed-certificate.ts";
import { RSA_CERTIFICATE } from "../../../vectors/rfc8448-simple-1rtt.ts";
import { type Bytes, concat, uint, vector } from "../support/encode.ts";
import { malformed } from "../support/malformed.ts";

const BODY = RSA_CERTIFICATE.subarray(4);
const ALGORITHMS = [
  [1, "zlib", deflateSync],
  [2, "brotli", brotliCompressSync],
  [3, "zstd", zstdCompressSync],
] as const;

function compressed(algorithm: number, length: number, data: Bytes): Uint8Array {
  return concat(uint(2, algorithm), uint(3, length), vector(3, data));
}

const FIELD = "compressed_certificate.compressed_certificate_message at byte 8";

describe("CompressedCertificate", () => {
  for (const [algorithm, name, compress] of ALGORITHMS) {
    it(`unfolds to the certificate of RFC 8448 §3 (${name})`, () => {
      const message = parseCompressedCertificate(compressed(algorithm, BODY.length, compress(BODY)));
      assert.equal(message.algorithm, algorithm);
      assert.equal(message.uncompressedLength, BODY.length);
      assert.deepEqual(message.certificate, parseCertificateMessage(Buffer.from(BODY), "TLSv1.3"));
    });

    it(`is malformed when it unfolds to another length than it says (${name})`, () => {
      const data = compress(BODY);
      assert.throws(
        () => parseCompressedCertificate(compressed(algorithm, BODY.length - 1, data)),
        malformed(`${FIELD}: cannot be unfolded to the length it says`),
      );
      assert.throws(
        () => parseCompressedCertificate(compressed(algorithm, BODY.length + 1, data)),
        malformed(`${FIELD}: unfolds to ${BODY.length} bytes, not ${BODY.length + 1}`),
      );
      assert.throws(
        () => parseCompressedCertificate(compressed(algorithm, 0, data)),
        malformed(`${FIELD}: cannot be unfolded to the length it says`),
      );
    });

    it(`is malformed when it is cut short, when more follows, and when it is noise (${name})`, () => {
      const data = compress(BODY);
      for (const wrong of [data.subarray(0, -9), Buffer.alloc(40, 0xee), Buffer.alloc(0)])
        assert.throws(
          () => parseCompressedCertificate(compressed(algorithm, BODY.length, wrong)),
          malformed(`${FIELD}: cannot be unfolded to the length it says`),
        );
      if (name !== "zstd")
        assert.throws(
          () => parseCompressedCertificate(compressed(algorithm, BODY.length, Buffer.concat([data, BODY]))),
          malformed(`${FIELD}: has ${BODY.length} bytes too many`),
        );
    });

    it(`does not unfold a bomb (${name})`, () => {
      const bomb = compress(Buffer.alloc(32 * 1024 * 1024));
      const before = process.memoryUsage().arrayBuffers;
      assert.throws(
        () => parseCompressedCertificate(compressed(algorithm, 200_000, bomb)),
        malformed(`${FIELD}: cannot be unfolded to the length it says`),
      );
      assert.ok(process.memoryUsage().arrayBuffers - before < 4 * 1024 * 1024);
    });
  }

  it("is refused by the length it says, before anything is unfolded", () => {
    assert.throws(
      () => parseCompressedCertificate(compressed(1, 300_000, [1])),
      malformed("compressed_certificate.uncompressed_length at byte 2: 300000 is more than 262144"),
    );
    assert.throws(
      () => parseCompressedCertificate(compressed(1, 11, [1]), "TLSv1.3", 10),
      malformed("compressed_certificate.uncompressed_length at byte 2: 11 is more than 10"),
    );
  });

  it("is kept as it is when the algorithm is not known", () => {
    const message = parseCompressedCertificate(compressed(0x7777, 10, [1, 2]));
    assert.deepEqual(message.compressed, Uint8Array.of(1, 2));
    assert.equal(message.certificate, undefined);
  });

  it("is malformed when what it unfolds to is", () => {
    assert.throws(
      () => parseCompressedCertificate(compressed(1, 3, deflateSync(Buffer.of(0, 0, 0)))),
      malformed("certificate.certificate_list at byte 1: needs 3, has 2"),
    );
  });
});
