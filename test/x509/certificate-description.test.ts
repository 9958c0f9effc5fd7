import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { certificatesFromPem, describeCertificate, toPem } from "../../src/x509/certificate-description.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";

async function certificateOf(name: string, dnsNames: readonly string[] = []): Promise<Uint8Array> {
  const { facts } = await createIdentity({ name, dnsNames, type: "ed25519", now: new Date() });
  return facts.der;
}

/** The certificate with bytes changed wherever they stand; its signature breaks, which nothing here looks at. */
function withBytes(der: Uint8Array, from: string, to: string): Uint8Array {
  assert.equal(from.length, to.length);
  return Buffer.from(Buffer.from(der).toString("latin1").replaceAll(from, to), "latin1");
}

function isMalformed(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED");
}

describe("description of a certificate", () => {
  it("has what was read, what OpenSSL reads, and the PEM", async () => {
    const der = await certificateOf("urn:uuid:1", ["a.example"]);
    const certificate = new X509Certificate(der);
    assert.deepEqual(describeCertificate(der), {
      ...readCertificate(der),
      subject: "CN=urn:uuid:1",
      subjectAltNames: ["URI:urn:uuid:1", "DNS:a.example"],
      serialNumber: certificate.serialNumber,
      pem: certificate.toString(),
    });
  });

  it("has no names when the certificate has none beside its subject", async () => {
    assert.deepEqual(describeCertificate(await certificateOf("plain text")).subjectAltNames, []);
  });

  it("holds no character of a subject that a terminal acts on", async () => {
    const hostile = [
      "a\nb",
      "a\rb",
      "a\0b",
      "a\u001b[2Jb",
      "a\u009bb",
      "a\u202eb",
      "a\u2066b",
      "a\u2028b",
      "a\u{e0041}b",
    ];
    for (const name of hostile) {
      const { subject } = describeCertificate(await certificateOf(name));
      assert.match(subject, /^CN=a[\x20-\x7e]+b$/, JSON.stringify(name));
    }
  });

  it("holds no character of an alternative name that a terminal acts on", async () => {
    const der = await certificateOf("urn:a_b", ["z.example"]);
    for (const hostile of ["\n", "\r", "\0", "\u001b", "\u007f"]) {
      const [first = "", ...others] = describeCertificate(
        withBytes(der, "a_b", `a${hostile}b`),
      ).subjectAltNames;
      assert.match(first, /^URI:"?urn:a[\x20-\x7e]+b"?$/, JSON.stringify(hostile));
      assert.deepEqual(others, ["DNS:z.example"]);
    }
  });

  it("does not take one attribute of the subject for two", async () => {
    for (const name of ["anna, O=admin", "anna\nO=admin", "anna+O=admin"]) {
      const { subject } = describeCertificate(await certificateOf(name));
      assert.match(subject, /^CN=anna\\(?:,|0A|\+)/, JSON.stringify(name));
    }
  });

  it("does not take one alternative name for two", async () => {
    for (const name of ["urn:a,DNS:admin", 'urn:a",DNS:admin', 'urn:",",DNS:admin,"', "urn:a\\,DNS:admin"]) {
      const { subjectAltNames } = describeCertificate(await certificateOf(name, ["z.example"]));
      assert.equal(subjectAltNames.length, 2, name);
      assert.equal(subjectAltNames[1], "DNS:z.example");
    }
  });

  it("tells an escape from the same letters in a name", async () => {
    const bidi = describeCertificate(await certificateOf("a\u202eb")).subject;
    const letters = describeCertificate(await certificateOf("a\\u{202e}b")).subject;
    assert.notEqual(bidi, letters);
  });

  it("is not made of what is no certificate, nor of one that only we can read", async () => {
    assert.throws(() => describeCertificate(Uint8Array.of(0x30, 0)), isMalformed);
    const der = await certificateOf("anna");
    // The OID of extKeyUsage with a padded arc: we pass over it, OpenSSL does not.
    const broken = withBytes(der, "\x06\x03\x55\x1d\x25", "\x06\x03\x55\x80\x25");
    assert.throws(() => describeCertificate(broken), isMalformed);
  });

  it("leaves certificates out of bounds to nobody else", () => {
    const large = new Uint8Array(64 * 1024);
    assert.throws(
      () => describeCertificate(large),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED"),
    );
  });
});

describe("PEM", () => {
  it("is read back, among other text and with either line end", async () => {
    const one = await certificateOf("one");
    const two = await certificateOf("two");
    const text = `subject=one\n${toPem(one)}\nthen\n${toPem(two).replaceAll("\n", "\r\n")}`;
    assert.deepEqual(certificatesFromPem(text), [new Uint8Array(one), new Uint8Array(two)]);
  });

  it("has lines of 64 characters at most", async () => {
    for (const line of toPem(await certificateOf("anna")).split("\n")) assert.ok(line.length <= 64);
  });

  it("without a certificate is refused with a hint", async () => {
    const der = await certificateOf("anna");
    const texts = [
      "",
      "hello",
      "-----BEGIN CERTIFICATE-----\nAAAA",
      toPem(der).replaceAll("CERTIFICATE", "PRIVATE KEY"),
    ];
    for (const text of texts) {
      assert.throws(
        () => certificatesFromPem(text),
        (error) => isMalformed(error) && isHandclaspError(error) && error.hint !== undefined,
      );
    }
  });

  it("that never ends is read in time that grows with its length only", () => {
    const begin = "-----BEGIN CERTIFICATE-----\n";
    const started = performance.now();
    for (const text of [begin.repeat(50_000), begin + "A".repeat(2_000_000)]) {
      assert.throws(() => certificatesFromPem(text), isMalformed);
    }
    assert.ok(performance.now() - started < 1000);
  });
});
