import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  looksLikeKeyPin,
  parseFingerprint,
  parseKeyPin,
  toKeyPin,
  toPinBytes,
} from "../../../src/trust/naming/key-pin.ts";

const PIN = "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 });
const anyText = fc.string({ unit: "binary" });

describe("key pin", () => {
  it("is the hash in base64", () => {
    assert.equal(toKeyPin(createHash("sha256").digest()), PIN);
    assert.equal(parseKeyPin(PIN), PIN);
  });

  it("goes to bytes and back", () => {
    fc.assert(
      fc.property(hashes, (hash) => {
        const pin = toKeyPin(hash);
        assert.equal(parseKeyPin(pin), pin);
        assert.deepEqual(Uint8Array.from(toPinBytes(pin) ?? []), hash);
        assert.ok(looksLikeKeyPin(pin));
      }),
    );
  });

  it("has one spelling only", () => {
    const others = [
      "",
      PIN.slice(7),
      PIN.slice(0, -1),
      `${PIN}\n`,
      ` ${PIN}`,
      `${PIN}=`,
      PIN.replace("sha256", "SHA256"),
      PIN.replace("/", "_").replace("+", "-"),
      PIN.replace("FU=", "FV="),
      PIN.replace("FU=", "F=="),
      "sha256:",
    ];
    for (const text of others) assert.equal(parseKeyPin(text), undefined, text);
    for (const text of others) assert.equal(toPinBytes(text), undefined, text);
  });

  it("takes a text only if its bytes are written like that", () => {
    const nearly = fc.tuple(hashes, fc.nat(50), fc.string({ unit: "grapheme-ascii", maxLength: 2 }));
    fc.assert(
      fc.property(nearly, ([hash, at, typed]) => {
        const pin = toKeyPin(hash);
        const text = pin.slice(0, at) + typed + pin.slice(at + 1);
        const bytes = toPinBytes(text);
        assert.equal(parseKeyPin(text), bytes === undefined ? undefined : toKeyPin(bytes));
      }),
    );
  });

  it("is recognised when it is meant but not well-formed", () => {
    const meant = [
      "sha256:",
      "SHA256:47DEQpj8",
      "sha256//47DE=",
      "  sha-256 : x",
      PIN.slice(7),
      `sha256:${"A".repeat(9)}`,
    ];
    for (const text of meant) assert.ok(looksLikeKeyPin(text), text);
    for (const text of ["", "ada", "sha256", "sha256sum", "a sha256:"])
      assert.ok(!looksLikeKeyPin(text), text);
  });

  it("is looked for in any text without an exception", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        parseKeyPin(text);
        looksLikeKeyPin(text);
        parseFingerprint(text);
      }),
    );
  });
});

describe("fingerprint", () => {
  const FINGERPRINT = createHash("sha256").digest("hex");

  it("is read with colons, capitals and outer spaces", () => {
    const colons = FINGERPRINT.toUpperCase().replaceAll(/..(?!$)/g, "$&:");
    for (const text of [FINGERPRINT, FINGERPRINT.toUpperCase(), colons, ` ${colons}\n`]) {
      assert.equal(parseFingerprint(text), FINGERPRINT);
    }
  });

  it("is not read from anything else", () => {
    for (const text of ["", FINGERPRINT.slice(1), `${FINGERPRINT}0`, FINGERPRINT.replace("e", "g"), PIN]) {
      assert.equal(parseFingerprint(text), undefined, text);
    }
  });
});
