import assert from "node:assert/strict";
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
});
