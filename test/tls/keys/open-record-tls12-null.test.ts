import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Tls12NullOpener } from "../../../src/tls/keys/open-record-tls12-null.ts";
import { type ProtectedRecord, recordMac } from "../../../src/tls/keys/record-protection.ts";
import { type NullCipher, TLS12_SUITES } from "../../../src/tls/keys/tls12-suite.ts";

const KEYS = { macKey: new Uint8Array(32).fill(3), key: new Uint8Array(), iv: new Uint8Array() };

function cipher(): NullCipher {
  const found = TLS12_SUITES.get(0x003b)?.cipher;
  assert.ok(found?.mode === "null");
  return found;
}

function record(sequence: number, text: string): ProtectedRecord {
  const content = Buffer.from(text);
  const about = { type: 23, version: 0x0303, fragment: content };
  return {
    ...about,
    fragment: Buffer.concat([content, recordMac("sha256", KEYS.macKey, sequence, about, content)]),
  };
}

describe("a record of TLS 1.2 that is not encrypted", () => {
  it("is what stands before its MAC, in order", () => {
    const opener = new Tls12NullOpener(cipher(), KEYS);
    assert.equal(Buffer.from(opener.open(record(0, "one")).content).toString(), "one");
    assert.throws(() => opener.open(record(0, "one")), /record\.mac/);
    assert.equal(Buffer.from(opener.open(record(1, "")).content).toString(), "");
    assert.equal(opener.sequence, 2);
  });

  it("is not read when its MAC is another's, or not there", () => {
    const opener = new Tls12NullOpener(cipher(), KEYS);
    const { fragment, ...about } = record(0, "one");
    const other = Buffer.from(fragment);
    other[0] = (other[0] ?? 0) ^ 1;
    assert.throws(() => opener.open({ ...about, fragment: other }), /does not verify/);
    assert.throws(() => opener.open({ ...about, fragment: fragment.subarray(0, 31) }), /needs 32, has 31/);
    assert.throws(() => opener.open({ ...about, fragment: new Uint8Array(16_384 + 2049) }), /at most 18432/);
    assert.equal(opener.sequence, 0);
  });
});
