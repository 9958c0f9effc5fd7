import assert from "node:assert/strict";
import { createPublicKey, hash, randomBytes } from "node:crypto";
import { describe, it } from "node:test";
import { assert as assertProperty, integer, nat, property } from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import { encodeDer } from "../../src/x509/der/encode-der.ts";
import { generateKey } from "../../src/x509/generate-key.ts";
import { readJoinProof, signJoinProof, verifyJoinProof } from "../../src/x509/join-proof.ts";

const seed = randomBytes(32);
const tokenId = randomBytes(16);
const serverPin = `sha256:${hash("sha256", "server", "base64")}` as const;
const spki = randomBytes(91);
/** What stands before an Ed25519 seed in PKCS #8, and how long the public half is. */
const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
const publicKey = createPublicKey({
  key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString("base64")}\n-----END PRIVATE KEY-----\n`,
  format: "pem",
})
  .export({ type: "spki", format: "der" })
  .subarray(-32);

function isOption(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_OPTION");
}

describe("a join proof", () => {
  it("is good for its token, its server and its key, and for no other", async () => {
    const proof = readJoinProof({ joinProof: signJoinProof({ tokenId, seed, serverPin, spki }) });
    assert.ok(proof);
    assert.deepEqual(Buffer.from(proof.tokenId), tokenId);
    assert.equal(verifyJoinProof(proof, { publicKey, serverPin, spki }), true);
    const otherKey = createPublicKey(await generateKey("ed25519"))
      .export({ type: "spki", format: "der" })
      .subarray(-32);
    const otherPin = `sha256:${hash("sha256", "other", "base64")}` as const;
    for (const other of [
      { publicKey: otherKey },
      { publicKey: new Uint8Array(31) },
      { serverPin: otherPin },
      { serverPin: "sha256:AAAA" as const },
      { spki: randomBytes(91) },
    ]) {
      assert.equal(verifyJoinProof(proof, { publicKey, serverPin, spki, ...other }), false);
    }
    const moved = { ...proof, tokenId: randomBytes(16) };
    assert.equal(verifyJoinProof(moved, { publicKey, serverPin, spki }), false);
  });

  it("counts as none when its version is not known", () => {
    const later = encodeDer(0x30, Uint8Array.of(0x02, 0x01, 0x02), Uint8Array.of(0xff));
    assert.equal(readJoinProof({ joinProof: later }), undefined);
    assert.equal(readJoinProof({ joinProof: undefined }), undefined);
  });

  it("is read or refused, and never believed, whichever bits of it are changed", () => {
    const original = signJoinProof({ tokenId, seed, serverPin, spki });
    assertProperty(
      property(nat(original.length - 1), integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Uint8Array.from(original);
        changed[at] = (changed[at] ?? 0) ^ flip;
        try {
          const proof = readJoinProof({ joinProof: changed });
          assert.ok(proof === undefined || !verifyJoinProof(proof, { publicKey, serverPin, spki }));
        } catch (error) {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED"), String(error));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("is not made of a token that cannot be one", () => {
    assert.throws(() => signJoinProof({ tokenId: randomBytes(15), seed, serverPin, spki }), isOption);
    assert.throws(() => signJoinProof({ tokenId, seed: randomBytes(33), serverPin, spki }), isOption);
    assert.throws(() => signJoinProof({ tokenId, seed, serverPin: "sha256:AAAA", spki }), isOption);
  });
});
