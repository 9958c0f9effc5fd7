import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import { describeShown, findDefects } from "../../../src/explain/find-defects.ts";
import { readShownKey, type ShownKey } from "../../../src/explain/certificates/shown-key.ts";
import { factsOf } from "../support/facts.ts";

function keyOf({ publicKey }: { readonly publicKey: KeyObject }): ShownKey {
  return readShownKey(publicKey.export({ format: "der", type: "spki" }));
}

describe("readShownKey", () => {
  it("names keys that no verdict of ours would take", () => {
    assert.deepEqual(keyOf(generateKeyPairSync("rsa", { modulusLength: 1024 })), {
      family: "RSA",
      name: "RSA of 1024 bits",
      bits: 1024,
    });
    assert.deepEqual(keyOf(generateKeyPairSync("rsa-pss", { modulusLength: 1024 })), {
      family: "RSA-PSS",
      name: "RSA of 1024 bits",
      bits: 1024,
    });
    const dsa = generateKeyPairSync("dsa", { modulusLength: 1024, divisorLength: 160 });
    assert.deepEqual(keyOf(dsa), { family: "DSA", name: "DSA of 1024 bits", bits: 1024 });
    const explicit = generateKeyPairSync("ec", { namedCurve: "P-256", paramEncoding: "explicit" });
    assert.deepEqual(keyOf(explicit), { family: "EC", name: "an elliptic curve given by its parameters" });
  });

  it("names curves, and those that it does not know by their number", () => {
    for (const [namedCurve, name] of [
      ["prime256v1", "P-256"],
      ["secp521r1", "P-521"],
      ["secp256k1", "secp256k1"],
      ["sect233k1", "the curve 1.3.132.0.26"],
    ] as const)
      assert.deepEqual(keyOf(generateKeyPairSync("ec", { namedCurve })), { family: "EC", name });
    assert.deepEqual(keyOf(generateKeyPairSync("ed448")), { family: "EdDSA", name: "Ed448" });
    assert.deepEqual(keyOf(generateKeyPairSync("x25519")), {
      family: "other",
      name: "a key of type 1.3.101.110",
    });
  });

  it("takes DSA without parameters, which it inherits from its issuer", () => {
    const spki = Buffer.from("300d300906072a8648ce3804010300", "hex");
    assert.deepEqual(readShownKey(spki), { family: "DSA", name: "DSA" });
  });

  it("throws on what is no key", () => {
    for (const bytes of ["", "3000", "30023000", "3003020101"])
      assert.throws(() => readShownKey(Buffer.from(bytes, "hex")), { code: "ERR_HANDCLASP_MALFORMED" });
  });
});

describe("describeShown", () => {
  it("names a bare key (RFC 7250), and finds nothing that could be held against one", () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const spki = publicKey.export({ format: "der", type: "spki" });
    const facts = factsOf({ chains: { client: [spki] } });
    assert.match(describeShown(facts, "client") ?? "", /^a bare key \(RFC 7250\), P-256, key [A-Z0-9-]+$/);
    assert.deepEqual(findDefects(facts, "client"), []);
  });

  it("says of bytes that are neither how many there are", () => {
    const facts = factsOf({ chains: { server: [new Uint8Array(7)] } });
    assert.equal(describeShown(facts, "server"), "a certificate of 7 bytes that cannot be read here");
    assert.equal(describeShown(facts, "client"), undefined);
  });
});
