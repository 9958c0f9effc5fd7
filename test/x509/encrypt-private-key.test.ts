import assert from "node:assert/strict";
import { createPrivateKey, type KeyObject } from "node:crypto";
import { describe, it } from "node:test";
import { encryptPrivateKey } from "../../src/x509/encrypt-private-key.ts";
import { generateKey } from "../../src/x509/generate-key.ts";

function opener(encrypted: Uint8Array): (passphrase: string) => KeyObject {
  const key = Buffer.from(encrypted);
  return (passphrase) => createPrivateKey({ key, format: "der", type: "pkcs8", passphrase });
}

describe("encryptPrivateKey", () => {
  for (const type of ["p256", "p521", "ed25519", "ed448", "rsa-pss", "ml-dsa-44", "ml-dsa-87"] as const) {
    it(`makes of a ${type} key what Node opens with the passphrase`, async () => {
      const key = await generateKey(type);
      const open = opener(encryptPrivateKey(key, "größer als Köln"));
      assert.equal(open("größer als Köln").equals(key), true);
    });
  }

  it("makes what no other passphrase opens", async () => {
    const key = await generateKey("p256");
    const open = opener(encryptPrivateKey(key, "größer als Köln"));
    for (const other of ["grosser als Koln", "größer als Köln ", ""]) {
      let opened = false;
      try {
        opened = open(other).equals(key);
      } catch {
        // As it should be.
      }
      assert.equal(opened, false);
    }
  });

  it("takes a new salt and a new IV each time", async () => {
    const key = await generateKey("ed25519");
    const [one, other] = [encryptPrivateKey(key, "x"), encryptPrivateKey(key, "x")];
    assert.notDeepEqual(one.subarray(-48), other.subarray(-48));
  });
});
