import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CONTENT_TYPE } from "../../../src/tls/code-points/content-type.ts";
import { sealRecord } from "../../../src/tls/keys/seal-record.ts";
import { TLS13_SUITES } from "../../../src/tls/keys/tls13-suite.ts";
import { expandLabel, trafficKeys } from "../../../src/tls/keys/traffic-keys.ts";

/** RFC 8448 §3: what the server derives and sends once the handshake is over. */
const RFC_8448 = {
  secret: bytes(
    "a1 1a f9 f0 55 31 f8 56 ad 47 11 6b 45 a9 50 32 82 04 b4 f4 4b fb 6b 3a 4b 4f 1f 3f cb 63 16 43",
  ),
  key: bytes("9f 02 28 3b 6c 9c 07 ef c2 6b b9 f2 ac 92 e3 56"),
  iv: bytes("cf 78 2b 88 dd 83 54 9a ad f1 e9 84"),
  alert: bytes("01 00"),
  record: bytes("17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9"),
};

describe("sealRecord", () => {
  const suite = TLS13_SUITES.get("TLS_AES_128_GCM_SHA256");
  assert(suite);

  it("derives the keys of RFC 8448", () => {
    const { key, iv } = trafficKeys(RFC_8448.secret, suite);
    assert.deepEqual(Buffer.from(key), RFC_8448.key);
    assert.deepEqual(Buffer.from(iv), RFC_8448.iv);
  });

  it("expands a label to the length that is asked for", () => {
    assert.equal(expandLabel(RFC_8448.secret, "sha256", "key", 32).length, 32);
    assert.equal(expandLabel(RFC_8448.secret, "sha256", "iv", 12).length, 12);
  });

  it("seals the third record of RFC 8448, an alert", () => {
    const keys = trafficKeys(RFC_8448.secret, suite);
    const record = sealRecord(keys, suite, {
      type: CONTENT_TYPE.alert,
      content: RFC_8448.alert,
      sequence: 2,
    });
    assert.deepEqual(Buffer.from(record), RFC_8448.record);
  });

  for (const [name, { tagLength }] of TLS13_SUITES) {
    it(`makes records of the right length with ${name}`, () => {
      const secret = new Uint8Array(name.endsWith("384") ? 48 : 32).fill(7);
      const of = TLS13_SUITES.get(name);
      assert(of);
      const content = Uint8Array.of(2, 46);
      const record = sealRecord(trafficKeys(secret, of), of, {
        type: CONTENT_TYPE.alert,
        content,
        sequence: 0,
      });
      assert.equal(record.length, 5 + 2 + 1 + tagLength);
      assert.equal(Buffer.from(record).readUInt16BE(3), 2 + 1 + tagLength);
    });
  }
});

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(" ", ""), "hex");
}
