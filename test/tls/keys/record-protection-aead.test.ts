import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { describe, it } from "node:test";
import { openSealed, recordNonce, type SealedBytes } from "../../../src/tls/keys/record-protection-aead.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function sealed(): SealedBytes {
  const [key, nonce, additionalData] = [
    new Uint8Array(16).fill(1),
    new Uint8Array(12),
    Buffer.from("header"),
  ];
  const cipher = createCipheriv("aes-128-gcm", key, nonce).setAAD(additionalData);
  const text = Buffer.concat([cipher.update("content"), cipher.final(), cipher.getAuthTag()]);
  return { aead: "aes-128-gcm", key, nonce, additionalData, sealed: text, tagLength: 16 };
}

describe("the nonce of a record", () => {
  it("is the IV with the record's number in its end, up to what a number can hold", () => {
    const iv = Uint8Array.from({ length: 12 }, (_, at) => at);
    assert.equal(hex(recordNonce(iv, 0)), hex(iv));
    assert.equal(hex(recordNonce(iv, 1)), "000102030405060708090a0a");
    assert.equal(hex(recordNonce(new Uint8Array(12), 0x0102)), "000000000000000000000102");
    assert.equal(hex(recordNonce(new Uint8Array(12), 2 ** 40 + 1)), "000000000000010000000001");
    assert.equal(hex(recordNonce(new Uint8Array(12), Number.MAX_SAFE_INTEGER)), "00000000001fffffffffffff");
    assert.deepEqual(
      iv,
      Uint8Array.from({ length: 12 }, (_, at) => at),
    );
  });
});

describe("what an AEAD sealed", () => {
  it("is opened by what sealed it", () => {
    assert.equal(Buffer.from(openSealed(sealed()) ?? []).toString(), "content");
  });

  it("is not opened when anything of it, beside it or behind it is another", () => {
    const sound = sealed();
    const flipped = Buffer.from(sound.sealed);
    flipped[0] = (flipped[0] ?? 0) ^ 1;
    const others: readonly Partial<SealedBytes>[] = [
      { sealed: flipped },
      { sealed: sound.sealed.subarray(1) },
      { additionalData: Buffer.from("another") },
      { nonce: new Uint8Array(12).fill(1) },
      { key: new Uint8Array(16) },
      { tagLength: 15 },
    ];
    for (const other of others) assert.equal(openSealed({ ...sound, ...other }), undefined);
  });

  it("is not opened when it is shorter than its tag, or the cipher is not to be had", () => {
    assert.equal(openSealed({ ...sealed(), sealed: new Uint8Array(15) }), undefined);
    assert.equal(openSealed({ ...sealed(), key: new Uint8Array(5) }), undefined);
  });
});
