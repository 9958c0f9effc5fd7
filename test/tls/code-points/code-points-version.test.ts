import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  describeVersion,
  namesSignatureAlgorithm,
  spellVersion,
  tlsVersion,
} from "../../../src/tls/code-points/code-points-version.ts";

describe("a version", () => {
  it("is one of TLS 1.0 to 1.3, or another thing", () => {
    assert.deepEqual([0x0301, 0x0302, 0x0303, 0x0304].map(tlsVersion), [
      "TLSv1",
      "TLSv1.1",
      "TLSv1.2",
      "TLSv1.3",
    ]);
    for (const code of [0, 0x0002, 0x0300, 0x0305, 0xfefd]) assert.equal(tlsVersion(code), undefined);
  });

  it("is called what people call it, or by its number", () => {
    assert.equal(describeVersion(0x0301), "TLS 1.0");
    assert.equal(describeVersion(0x0300), "SSL 3.0");
    assert.equal(describeVersion(0xfefd), "DTLS 1.2");
    assert.equal(describeVersion(0x0002), "SSLv2");
    assert.equal(describeVersion(0x0305), "unknown version 0x0305");
    assert.equal(spellVersion("unknown"), undefined);
  });

  it("has messages name the algorithm of their signatures since TLS 1.2", () => {
    assert.deepEqual(
      (["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const).map(namesSignatureAlgorithm),
      [false, false, false, true, true],
    );
  });
});
