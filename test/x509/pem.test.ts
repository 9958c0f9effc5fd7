import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { encodePem } from "../../src/x509/pem.ts";
import { certificateOf } from "./support/der-writer.ts";

describe("PEM", () => {
  it("has lines of 64 characters between its marks, and ends with a line", () => {
    const lines = encodePem("X", new Uint8Array(100)).split("\n");
    assert.equal(lines[0], "-----BEGIN X-----");
    assert.deepEqual(
      lines.slice(1, -2).map((line) => line.length),
      [64, 64, 8],
    );
    assert.deepEqual(lines.slice(-2), ["-----END X-----", ""]);
    assert.equal(encodePem("X", new Uint8Array()), "-----BEGIN X-----\n-----END X-----\n");
  });

  it("is read by others as the same bytes", () => {
    const der = certificateOf();
    assert.deepEqual(new X509Certificate(encodePem("CERTIFICATE", der)).raw, Buffer.from(der));
  });
});
