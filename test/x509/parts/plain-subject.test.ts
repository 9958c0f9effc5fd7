import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../../src/errors.ts";
import { describeSubject } from "../../../src/x509/certificate-description.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";
import { readPlainSubject } from "../../../src/x509/parts/plain-subject.ts";

const now = new Date("2026-11-29T00:00:00Z");

/** Certificates that say so of their owner, made by OpenSSL's rules for text. */
async function certificateOf(name: string): Promise<Uint8Array> {
  return (await createIdentity({ name, now })).facts.der;
}

describe("the subject of most certificates", () => {
  it("is read as OpenSSL writes it", async () => {
    for (const name of ["anna", "sensor-000017.roof.office.example.com", "a@b.example", "urn:x:1/2_3", "7"]) {
      const der = await certificateOf(name);
      assert.equal(readPlainSubject(der), new X509Certificate(der).subject);
    }
  });

  it("is left to OpenSSL where a character would be escaped, or is not plain", async () => {
    for (const name of [
      "anna, b",
      "a+b",
      "#a",
      "-a",
      "anna b",
      "Jürgen",
      'say "x"',
      "a\\b",
      "a;b",
      "a=b",
      "<b>",
    ]) {
      const der = await certificateOf(name);
      assert.equal(readPlainSubject(der), undefined, name);
      assert.match(describeSubject(der), /^CN=/);
    }
  });

  it("is malformed in what is no certificate, and that is said by who describes it", async () => {
    for (const der of [
      new Uint8Array(),
      Uint8Array.of(0x30, 0x00),
      (await certificateOf("anna")).subarray(0, 40),
    ]) {
      assert.throws(
        () => readPlainSubject(der),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"),
      );
      assert.throws(
        () => describeSubject(der),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED"),
      );
    }
  });
});
