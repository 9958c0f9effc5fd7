import assert from "node:assert/strict";
import { generateKeyPairSync, verify } from "node:crypto";
import { describe, it } from "node:test";
import { isSignedBy, signWith } from "../../src/x509/key-signature.ts";
import { newKeyPair } from "./support/key-pairs.ts";

const DATA = Buffer.from("to be signed");

describe("a signature", () => {
  for (const type of ["p256", "p384", "p521", "ed25519", "ed448", "ml-dsa-44"] as const)
    it(`holds for its key and its data, and for nothing else: ${type}`, () => {
      const { privateKey, spki } = newKeyPair(type);
      const signature = signWith(type, privateKey, DATA);
      assert.equal(isSignedBy(type, spki, DATA, signature), true);
      assert.equal(isSignedBy(type, spki, Buffer.from("another"), signature), false);
      assert.equal(isSignedBy(type, newKeyPair(type).spki, DATA, signature), false);
    });

  it("goes by the hash of the curve's size", () => {
    for (const [type, digest] of [
      ["p256", "sha256"],
      ["p384", "sha384"],
      ["p521", "sha512"],
    ] as const) {
      const { privateKey, publicKey } = newKeyPair(type);
      assert.ok(verify(digest, DATA, publicKey, signWith(type, privateKey, DATA)), type);
    }
  });

  it("holds for no key that is none, and by no other hash, without throwing", () => {
    const { privateKey, spki } = newKeyPair("p256");
    const signature = signWith("p256", privateKey, DATA);
    assert.equal(isSignedBy("p256", Uint8Array.of(0x30, 0), DATA, signature), false);
    assert.equal(isSignedBy("p256", new Uint8Array(), DATA, signature), false);
    assert.equal(isSignedBy("p384", spki, DATA, signature), false);
    assert.equal(isSignedBy("p256", spki, DATA, new Uint8Array()), false);
  });

  it("is not made by an RSA-PSS key that is bound to another hash: that is told, with the reason", () => {
    const { privateKey } = generateKeyPairSync("rsa-pss", {
      modulusLength: 2048,
      hashAlgorithm: "sha512",
      mgf1HashAlgorithm: "sha512",
    });
    assert.throws(() => signWith("rsa-pss", privateKey, DATA), {
      code: "ERR_HANDCLASP_KEY_UNSUPPORTED",
      hint: /bound to another hash/,
    });
  });
});
