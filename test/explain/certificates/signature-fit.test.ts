import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { canSign } from "../../../src/explain/certificates/signature-fit.ts";

const [PKCS1_SHA256, ECDSA_P256, PSS_RSAE, PSS_PSS, ED25519] = [0x0401, 0x0403, 0x0804, 0x0809, 0x0807];

describe("whether a key can sign with what is taken", () => {
  it("goes by the kind of key, and tells both kinds of RSA apart", () => {
    assert.ok(canSign("RSA", [PKCS1_SHA256]) && canSign("RSA", [PSS_RSAE]));
    assert.ok(!canSign("RSA", [PSS_PSS, ECDSA_P256]));
    assert.ok(canSign("RSA-PSS", [PSS_PSS]) && !canSign("RSA-PSS", [PSS_RSAE]));
    assert.ok(canSign("EC", [ED25519, ECDSA_P256]) && !canSign("EC", [ED25519]));
    assert.ok(canSign("EdDSA", [ED25519]) && !canSign("EdDSA", [ECDSA_P256]));
  });

  it("is yes where nothing was said of algorithms, and no where none is known", () => {
    assert.ok(canSign("EC", []));
    assert.ok(!canSign("EC", [0xfefe]));
  });
});
