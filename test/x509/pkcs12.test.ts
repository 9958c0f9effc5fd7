import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey } from "node:crypto";
import { describe, it } from "node:test";
import { createPkcs12 } from "../../src/x509/pkcs12.ts";
import { certificateOf } from "./support/der-writer.ts";
import { newKeyPair } from "./support/key-pairs.ts";

// What is in such a file, and that OpenSSL opens it: test/cli/identity/export.test.ts, once, since each takes a second.
describe("a PKCS #12 file", () => {
  it("is not made under a passphrase that programs read each in its own way, or under none", () => {
    const { privateKey } = newKeyPair("p256");
    for (const passphrase of ["", "pässword", "tab\there", "line\n", "\u{1f511}"]) {
      assert.throws(
        () => createPkcs12({ privateKey, certificates: [certificateOf()], name: "anna", passphrase }),
        { code: "ERR_HANDCLASP_PASSPHRASE" },
      );
    }
  });

  it("is opened under its passphrase when it is a compatible one, however long that is", () => {
    const { privateKey } = newKeyPair("p256");
    const certificates = [certificateOf()] as const;
    for (const length of [1, 30, 31, 32, 33, 64, 100]) {
      const passphrase = "x".repeat(length);
      const input = createPkcs12({
        privateKey,
        certificates,
        name: "anna",
        passphrase,
        dangerouslyCompatible: true,
      });
      const args = ["pkcs12", "-nocerts", "-nodes", "-passin", `pass:${passphrase}`];
      const pem = execFileSync("openssl", args, { input, encoding: "utf8", stdio: "pipe" });
      assert.ok(createPrivateKey(pem).equals(privateKey), `${length}`);
    }
  });
});
