import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import { certificatesFromPem, describeCertificate, toPem } from "../../src/x509/certificate-description.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import { cpuMs } from "../support/cpu-time.ts";
import {
  alternativeNames,
  ascii,
  certificateOf,
  type CertificateParts,
  der,
  extension,
  modulusOf,
  oid,
  rsaSpki,
  sequence,
  subjectOf,
  utf8String,
} from "./support/der-writer.ts";
import { opensslCertificate } from "./support/openssl.ts";

/** Whatever moves the cursor, reverses the line or cannot be seen. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{Zs}/u;

function textOf(parts: CertificateParts): string {
  const { subject, subjectAltNames, claimedName = "" } = describeCertificate(certificateOf(parts));
  return [subject, ...subjectAltNames, claimedName].join("");
}

function found(text: string): readonly Buffer[] {
  return certificatesFromPem(text).map((certificate) => Buffer.from(certificate));
}

function isMalformed(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED");
}

describe("description of a certificate", () => {
  it("has the facts, the subject in one line, the names in their order, the serial number and PEM", () => {
    const names = "subjectAltName=DNS:a.example,URI:urn:a,email:a@x.example,IP:127.0.0.1";
    const more = ["-subj", "/CN=anna/O=Lab", "-addext", names, "-set_serial", "0x0ABC"];
    const certificate = opensslCertificate("p256", more);
    const { subject, subjectAltNames, serialNumber, pem, ...facts } = describeCertificate(certificate);
    assert.deepEqual(facts, readCertificate(certificate));
    assert.equal(subject, "CN=anna, O=Lab");
    assert.deepEqual(subjectAltNames, [
      "DNS:a.example",
      "URI:urn:a",
      "email:a@x.example",
      "IP Address:127.0.0.1",
    ]);
    assert.equal(serialNumber, "0ABC");
    assert.equal(pem, new X509Certificate(pem).toString());
  });

  it("is short for a certificate that says nothing", () => {
    const described = describeCertificate(certificateOf({ subject: sequence() }));
    assert.deepEqual(
      [described.subject, described.subjectAltNames, described.claimedName],
      ["", [], undefined],
    );
  });

  it("escapes what could fool a terminal, in the subject and in the claimed name", () => {
    const name = "anna\u{0}\r\n\u{1b}[2J\u{9b}\u{202e}nimda\u{2028}\u{feff}\u{3164}\u{a0}\u{e0041}";
    const { subject, claimedName } = describeCertificate(
      certificateOf({ subject: subjectOf(utf8String(name)) }),
    );
    assert.doesNotMatch(subject, UNSAFE);
    assert.match(subject, /^CN=anna.*\\u\{202e\}nimda/u);
    assert.equal(
      claimedName,
      String.raw`anna\u{0}\u{d}\u{a}\u{1b}[2J\u{9b}\u{202e}nimda\u{2028}\u{feff}\u{3164}\u{a0}\u{e0041}`,
    );
  });

  it("escapes what could fool a terminal in every kind of alternative name", () => {
    const text = "a\u{0}\n\u{1b}[2J, DNS:admin";
    const names = alternativeNames(["dns", text], ["email", text], ["uri", text]);
    const described = describeCertificate(certificateOf({ extensions: [names] }));
    assert.equal(described.subjectAltNames.length, 3);
    for (const name of [...described.subjectAltNames, described.claimedName ?? ""])
      assert.doesNotMatch(name, UNSAFE);
    const directory = der(0xa4, subjectOf(utf8String("x\n, DNS:admin\u{202e}")));
    const other = der(0xa0, oid("1.3.6.1.4.1.311.20.2.3"), der(0xa0, utf8String("x\n\u{202e}")));
    const rare = extension("2.5.29.17", sequence(directory, other, der(0x88, Uint8Array.of(0x55, 4, 3))));
    assert.doesNotMatch(textOf({ extensions: [rare] }), UNSAFE);
  });

  it("does not take a comma or a quote inside a name for the end of it", () => {
    for (const name of ["a.example, DNS:admin.example", 'a", DNS:"b', "a\\", '"', ",", '\\",\\"']) {
      const extensions = [alternativeNames(["dns", name], ["dns", "last.example"])];
      const { subjectAltNames } = describeCertificate(certificateOf({ extensions }));
      assert.equal(subjectAltNames.length, 2, name);
      assert.equal(subjectAltNames[1], "DNS:last.example");
    }
  });

  it("does not take one attribute of the subject for two", () => {
    for (const name of ["anna, O=admin", "anna\nO=admin", "anna+O=admin"]) {
      const { subject } = describeCertificate(certificateOf({ subject: subjectOf(utf8String(name)) }));
      assert.match(subject, /^CN=anna\\(?:,|0A|\+)/u, name);
    }
  });

  it("tells an escape from the same letters in a name", () => {
    const [bidi, letters] = ["a\u{202e}b", String.raw`a\u{202e}b`].map((name) =>
      describeCertificate(certificateOf({ subject: subjectOf(utf8String(name)) })),
    );
    assert.notEqual(bidi?.subject, letters?.subject);
    assert.notEqual(bidi?.claimedName, letters?.claimedName);
  });

  it("is of the certificate itself, though another one stands inside as PEM", () => {
    const admin = toPem(certificateOf({ subject: subjectOf(utf8String("admin")) }));
    const outer = certificateOf({ extensions: [extension("1.2.3", ascii(`\n${admin}`))] });
    const described = describeCertificate(outer);
    assert.equal(described.subject, "CN=anna");
    assert.equal(described.pem, toPem(outer));
  });

  it("is refused within the bounds of reading, before OpenSSL sees the certificate", () => {
    const large = certificateOf({ spki: rsaSpki(modulusOf(16_384)) });
    assert.throws(
      () => describeCertificate(large),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED"),
    );
    assert.throws(() => describeCertificate(new Uint8Array(3)), isMalformed);
  });

  it("is refused, with what OpenSSL said, when only OpenSSL cannot read the certificate", () => {
    const { tag, content } = { tag: 0x06, content: Uint8Array.of(0x55, 4, 0x80, 3) };
    const subject = sequence(der(0x31, sequence(der(tag, content), utf8String("anna"))));
    const certificate = certificateOf({ subject });
    assert.equal(readCertificate(certificate).claimedName, undefined);
    assert.throws(
      () => describeCertificate(certificate),
      (error) =>
        isMalformed(error) &&
        error instanceof Error &&
        /asn1/u.test(error.message) &&
        error.cause !== undefined,
    );
  });

  it("holds nothing unsafe, whatever text is in the names", () => {
    const text = fc.string({ unit: "binary", maxLength: 30 });
    const plain = fc.string({ unit: "binary-ascii", maxLength: 30 });
    fc.assert(
      fc.property(text, plain, plain, (common, dns, uri) => {
        const subject = subjectOf(utf8String(common));
        assert.doesNotMatch(textOf({ subject }), UNSAFE);
        const extensions = [alternativeNames(["dns", dns], ["uri", uri])];
        assert.doesNotMatch(textOf({ subject, extensions }), UNSAFE);
        assert.equal(describeCertificate(certificateOf({ extensions })).subjectAltNames.length, 2);
      }),
      { numRuns: 500 },
    );
  });

  it("takes time in proportion to the certificate, whatever quotes the names hold", () => {
    for (const name of ['"\\'.repeat(20_000), '"'.repeat(40_000), '\\"'.repeat(20_000), ",".repeat(40_000)]) {
      const extensions = [alternativeNames(["dns", name])];
      const began = cpuMs();
      assert.equal(describeCertificate(certificateOf({ extensions })).subjectAltNames.length, 1);
      assert.ok(cpuMs() - began < 1000);
    }
    const many = alternativeNames(...Array.from({ length: 10_000 }, () => ["dns", '"'] as const));
    const began = cpuMs();
    assert.equal(describeCertificate(certificateOf({ extensions: [many] })).subjectAltNames.length, 10_000);
    assert.ok(cpuMs() - began < 2000);
  });
});

describe("certificates in PEM", () => {
  const one = certificateOf();
  const other = certificateOf({ subject: subjectOf(utf8String("berta")) });

  it("come in the order of the text", () => {
    assert.deepEqual(found(toPem(one) + toPem(other)), [one, other]);
  });

  it("are found between anything else: keys, explanations, garbage", () => {
    const key = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----\n";
    const cut = "-----BEGIN CERTIFICATE-----\nMIIB!\n";
    assert.deepEqual(
      found(`\u{feff}subject=CN = anna\n${key}${toPem(one)}${cut}\u{0}\n${toPem(other)}${key}`),
      [one, other],
    );
  });

  it("may have lines of any length and ending", () => {
    assert.deepEqual(found(toPem(one).replaceAll("\n", "\r\n")), [one]);
    const base64 = Buffer.from(one).toString("base64");
    assert.deepEqual(found(`-----BEGIN CERTIFICATE-----${base64}-----END CERTIFICATE-----`), [one]);
  });

  it("are missed with a clear error and a hint", () => {
    const request = toPem(one).replaceAll("CERTIFICATE", "CERTIFICATE REQUEST");
    for (const text of ["", "hello", request, "-----BEGIN CERTIFICATE-----\nAAAA", toPem(one).slice(0, -5)])
      assert.throws(
        () => certificatesFromPem(text),
        (error) =>
          isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED") &&
          error.message === "there is no certificate in this text" &&
          error.hint?.includes("-----BEGIN CERTIFICATE-----"),
      );
  });

  it("are written in lines of 64 that OpenSSL reads, and read back", () => {
    assert.ok(
      toPem(one)
        .split("\n")
        .every((line) => line.length <= 64),
    );
    assert.deepEqual(Buffer.from(new X509Certificate(toPem(one)).raw), one);
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 4 }), (files) => {
        const read = certificatesFromPem(files.map(toPem).join("# between\n"));
        assert.deepEqual(
          read.map((bytes) => [...bytes]),
          files.map((bytes) => [...bytes]),
        );
      }),
    );
  });

  it("are looked for in linear time", () => {
    const began = cpuMs();
    for (const text of [
      "-----BEGIN CERTIFICATE-----",
      "-----BEGIN CERTIFICATE-----\nAAAA",
      "A",
      "-----BEGIN ",
    ])
      assert.throws(() => certificatesFromPem(text.repeat(Math.ceil(1e6 / text.length))), isMalformed);
    assert.throws(() => certificatesFromPem(`-----BEGIN CERTIFICATE-----${"A".repeat(1e6)}`), isMalformed);
    assert.ok(cpuMs() - began < 2000);
  });
});
