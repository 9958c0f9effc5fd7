import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Tls12AeadOpener } from "../../../src/tls/keys/open-record-tls12-aead.ts";
import type { ProtectedRecord } from "../../../src/tls/keys/record-protection.ts";
import { type AeadCipher, TLS12_SUITES } from "../../../src/tls/keys/tls12-suite.ts";
import { sealTls12 } from "../support/seal-tls12.ts";

function cipherOf(code: number): AeadCipher {
  const cipher = TLS12_SUITES.get(code)?.cipher;
  assert.ok(cipher?.mode === "aead");
  return cipher;
}

function keysOf({ keyLength, fixedIvLength }: AeadCipher): {
  macKey: Uint8Array;
  key: Uint8Array;
  iv: Uint8Array;
} {
  return {
    macKey: new Uint8Array(),
    key: new Uint8Array(keyLength).fill(3),
    iv: new Uint8Array(fixedIvLength).fill(5),
  };
}

function zeros(length: number): ProtectedRecord {
  return { type: 23, version: 0x0303, fragment: new Uint8Array(length) };
}

describe("a record of TLS 1.2 under an AEAD", () => {
  for (const [name, code] of [
    ["with the nonce that it shows", 0xc02f],
    ["with the nonce that is its number", 0xcca8],
  ] as const)
    it(`is opened in order, ${name}, and does not count when it does not open`, () => {
      const cipher = cipherOf(code);
      const opener = new Tls12AeadOpener(cipher, keysOf(cipher));
      const records = ["one", "two"].map((text, at) =>
        sealTls12(cipher, keysOf(cipher), at, Buffer.from(text)),
      );
      const [first, second] = records;
      assert.ok(first !== undefined && second !== undefined);
      assert.throws(() => opener.open(second), /does not verify/);
      assert.equal(opener.sequence, 0);
      assert.equal(Buffer.from(opener.open(first).content).toString(), "one");
      assert.throws(() => opener.open(first), /does not verify/);
      assert.equal(Buffer.from(opener.open(second).content).toString(), "two");
      assert.equal(opener.sequence, 2);
    });

  it("covers its type and version", () => {
    const cipher = cipherOf(0xc02f);
    const record = sealTls12(cipher, keysOf(cipher), 0, Buffer.from("one"));
    for (const other of [{ type: 22 }, { version: 0x0302 }])
      assert.throws(() => new Tls12AeadOpener(cipher, keysOf(cipher)).open({ ...record, ...other }));
  });

  it("has room for nonce and tag, and is no longer than any sender may make it", () => {
    const cipher = cipherOf(0xc02f);
    const opener = new Tls12AeadOpener(cipher, keysOf(cipher));
    assert.throws(() => opener.open(zeros(23)), /needs 24, has 23/);
    assert.throws(() => opener.open(zeros(16_384 + 1025)), /at most 17408/);
    assert.equal(
      opener.open(sealTls12(cipher, keysOf(cipher), 0, new Uint8Array(16_384))).content.length,
      16_384,
    );
    assert.throws(
      () => opener.open(sealTls12(cipher, keysOf(cipher), 1, new Uint8Array(16_385))),
      /record\.content/,
    );
  });
});
