import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { Tls12CbcOpener } from "../../../src/tls/keys/open-record-tls12-cbc.ts";
import { type ProtectedRecord, recordMac } from "../../../src/tls/keys/record-protection.ts";
import type { CbcCipher } from "../../../src/tls/keys/tls12-suite.ts";

const CIPHER: CbcCipher = { mode: "cbc", cipher: "aes-128-cbc", keyLength: 16, mac: "sha1", macLength: 20 };
const KEYS = { macKey: new Uint8Array(20).fill(1), key: new Uint8Array(16).fill(2), iv: new Uint8Array() };
const HEADER = { type: 23, version: 0x0303 };
const IV = new Uint8Array(16).fill(3);

describe("opening a record of a block cipher", () => {
  it("takes any padding up to 255 bytes, with the MAC inside", () => {
    for (let padding = 15; padding < 256; padding += 16) {
      const content = Buffer.from("twelve bytes");
      const opened = open(macThenEncrypt(content, padOf(padding)), false);
      assert.deepEqual(Buffer.from(opened.content), content);
    }
  });

  it("takes any padding up to 255 bytes, with the MAC outside", () => {
    for (let padding = 3; padding < 256; padding += 16) {
      const content = Buffer.from("twelve bytes");
      assert.deepEqual(Buffer.from(open(encryptThenMac(content, padOf(padding)), true).content), content);
    }
  });

  it("takes an empty record", () => {
    assert.equal(open(macThenEncrypt(new Uint8Array(), padOf(11)), false).content.length, 0);
    assert.equal(open(encryptThenMac(new Uint8Array(), padOf(15)), true).content.length, 0);
  });

  it("looks at every byte of the padding", () => {
    const padding = padOf(31);
    for (let at = 0; at < padding.length - 1; at++) {
      const wrong = Uint8Array.from(padding, (byte, index) => (index === at ? byte ^ 1 : byte));
      const content = Buffer.from("twelve bytes");
      assert.throws(() => open(macThenEncrypt(content, wrong), false), malformed("padding"));
    }
  });

  it("refuses padding that is longer than the record", () => {
    const content = new Uint8Array(12);
    assert.throws(
      () => open(encryptThenMac(content, Uint8Array.of(255, 255, 255, 255)), true),
      malformed("padding"),
    );
  });

  it("refuses a record that leaves no room for the MAC", () => {
    const fragment = encrypt(new Uint8Array(), padOf(31));
    assert.throws(() => open(fragment, false), malformed("mac"));
  });

  it("refuses ciphertext that is not whole blocks after an IV", () => {
    for (const length of [0, 15, 16, 31, 33]) {
      assert.throws(() => open(new Uint8Array(length), false), malformed("ciphertext"));
      const withMac = Buffer.concat([new Uint8Array(length), macOf(new Uint8Array(length))]);
      assert.throws(() => open(withMac, true), malformed("ciphertext"));
    }
    assert.throws(() => open(new Uint8Array(19), true), malformed("ciphertext"));
  });

  it("does not take the one order for the other", () => {
    const content = Buffer.from("twelve bytes");
    assert.throws(() => open(macThenEncrypt(content, padOf(15)), true), malformed("mac"));
    assert.throws(() => open(encryptThenMac(content, padOf(3)), false), malformed("ciphertext"));
  });
});

function open(fragment: Uint8Array, encryptedThenMac: boolean): { readonly content: Uint8Array } {
  return new Tls12CbcOpener(CIPHER, KEYS, encryptedThenMac).open({ ...HEADER, fragment });
}

function macThenEncrypt(content: Uint8Array, padding: Uint8Array): Uint8Array {
  return encrypt(Buffer.concat([content, macOf(content)]), padding);
}

function encryptThenMac(content: Uint8Array, padding: Uint8Array): Uint8Array {
  const encrypted = encrypt(content, padding);
  return Buffer.concat([encrypted, macOf(encrypted)]);
}

function encrypt(content: Uint8Array, padding: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER.cipher, KEYS.key, IV).setAutoPadding(false);
  return Buffer.concat([IV, cipher.update(content), cipher.update(padding), cipher.final()]);
}

function macOf(covered: Uint8Array): Uint8Array {
  const record: ProtectedRecord = { ...HEADER, fragment: covered };
  return recordMac(CIPHER.mac, KEYS.macKey, 0, record, covered);
}

/** As many bytes as it says, and the one that says it. */
function padOf(length: number): Uint8Array {
  return new Uint8Array(length + 1).fill(length);
}

function malformed(field: string): (error: unknown) => boolean {
  return (error) =>
    isHandclaspError(error, "ERR_HANDCLASP_MALFORMED") && error.details["field"] === `record.${field}`;
}
