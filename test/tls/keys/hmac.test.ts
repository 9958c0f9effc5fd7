import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { hmac } from "../../../src/tls/keys/hmac.ts";

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

describe("hmac", () => {
  it("is what RFC 4231 §4.3 prints", () => {
    const [key, message] = [Buffer.from("Jefe"), Buffer.from("what do ya want for nothing?")];
    assert.equal(
      hex(hmac("sha256", key, message)),
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
    assert.equal(
      hex(hmac("sha384", key, message)),
      "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
    );
  });

  it("is what OpenSSL computes, for keys and messages of any length", () => {
    const length = { maxLength: 300 };
    fc.assert(
      fc.property(
        fc.constantFrom("sha256" as const, "sha384" as const),
        fc.uint8Array(length),
        fc.uint8Array(length),
        (hash, key, message) => {
          assert.equal(hex(hmac(hash, key, message)), createHmac(hash, key).update(message).digest("hex"));
        },
      ),
    );
  });
});
