import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import { isHandclaspError } from "../../src/errors.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import type { KeyType } from "../../src/x509/parts/public-key-info.ts";
import { toPem } from "../../src/x509/certificate-description.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import {
  alternativeNames,
  ascii,
  bitString,
  certificateOf,
  der,
  generalizedTime,
  oid,
  P256_SPKI,
  sequence,
  subjectOf,
  utcTime,
  utf8String,
} from "./support/der-writer.ts";
import { type NEW_KEYS, opensslCertificate, opensslPin } from "./support/openssl.ts";

const ACCEPTED: readonly (readonly [keyof typeof NEW_KEYS, KeyType])[] = [
  ["p256", "p256"],
  ["p384", "p384"],
  ["p521", "p521"],
  ["ed25519", "ed25519"],
  ["ed448", "ed448"],
  ["rsa2048", "rsa"],
  ["rsa4096", "rsa"],
  ["rsaPss", "rsa-pss"],
  ["rsaPssBound", "rsa-pss"],
];

function malformed(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_CERTIFICATE_MALFORMED"), String(error));
    assert.match(error.message, message);
    return true;
  };
}

function unsupported(message: RegExp): (error: unknown) => boolean {
  return (error) => isHandclaspError(error, "ERR_HANDCLASP_KEY_UNSUPPORTED") && message.test(error.message);
}

/** Node reads PEM that stands inside DER first, so it is given PEM. */
function byNode(certificate: Uint8Array): X509Certificate {
  return new X509Certificate(toPem(certificate));
}

describe("facts of a certificate that OpenSSL made", () => {
  for (const [key, type] of ACCEPTED) {
    it(`have the pin, fingerprint and dates that OpenSSL tells: ${key}`, () => {
      const certificate = opensslCertificate(key);
      const facts = readCertificate(certificate);
      const { fingerprint256, validFromDate, validToDate } = byNode(certificate);
      assert.equal(facts.pin, opensslPin(certificate));
      assert.equal(facts.keyType, type);
      assert.equal(facts.claimedName, "anna");
      assert.equal(facts.fingerprint, fingerprint256.replaceAll(":", "").toLowerCase());
      assert.deepEqual([facts.notBefore, facts.notAfter], [validFromDate.getTime(), validToDate.getTime()]);
      assert.equal(facts.der, certificate);
    });
  }

  for (const type of ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"] as const) {
    it(`have the pin and fingerprint that Node tells: ${type}`, async () => {
      const { facts } = await createIdentity({ name: "anna", type, now: new Date() });
      const { publicKey, fingerprint256 } = byNode(facts.der);
      const spki = publicKey.export({ type: "spki", format: "der" });
      assert.equal(facts.keyType, type);
      assert.equal(facts.pin, readCertificate(certificateOf({ spki })).pin);
      assert.equal(facts.fingerprint, fingerprint256.replaceAll(":", "").toLowerCase());
    });
  }

  it("are refused for keys out of bounds", () => {
    assert.throws(() => readCertificate(opensslCertificate("rsa1024")), unsupported(/1024 bits/u));
    assert.throws(() => readCertificate(opensslCertificate("secp256k1")), unsupported(/1\.3\.132\.0\.10/u));
    assert.throws(() => readCertificate(opensslCertificate("explicitP256")), unsupported(/its parameters/u));
  });

  it("have the name of the subject alternative names, whatever their order", () => {
    const names = "subjectAltName=email:a@x.example,IP:127.0.0.1,DNS:a.example,URI:urn:a,DNS:b.example";
    const certificate = opensslCertificate("p256", ["-addext", names]);
    assert.equal(readCertificate(certificate).claimedName, "urn:a");
    const subject = ["-subj", "/C=DE/O=Lab+OU=One/CN=Zo\u00eb", "-utf8"];
    assert.equal(readCertificate(opensslCertificate("ed25519", subject)).claimedName, "Zo\u00eb");
    assert.equal(readCertificate(opensslCertificate("ed25519", ["-subj", "/O=Lab"])).claimedName, undefined);
  });

  it("differ in the fingerprint alone when the certificate is renewed over the same key", () => {
    const [one, other] = [certificateOf(), certificateOf({ notAfter: utcTime("480101000000Z") })].map(
      readCertificate,
    );
    assert.equal(one?.pin, other?.pin);
    assert.notEqual(one?.fingerprint, other?.fingerprint);
  });
});

describe("facts of a certificate written by hand", () => {
  it("name the URI before DNS before e-mail before the common name", () => {
    const email = ["email", "a@x.example"] as const;
    const dns = ["dns", "a.example"] as const;
    const uri = ["uri", "urn:a"] as const;
    const claims = [[uri, dns, email], [email, dns], [email], []].map(
      (names) => readCertificate(certificateOf({ extensions: [alternativeNames(...names)] })).claimedName,
    );
    assert.deepEqual(claims, ["urn:a", "a.example", "a@x.example", "anna"]);
    assert.equal(readCertificate(certificateOf({ subject: sequence() })).claimedName, undefined);
  });

  it("lack a name and say why for two common names, unless an alternative name stands before them", () => {
    const subject = subjectOf(utf8String("anna"), utf8String("admin"));
    const { claimedName, nameProblem, pin } = readCertificate(certificateOf({ subject }));
    assert.equal(claimedName, undefined);
    assert.match(nameProblem ?? "", /2 common names$/u);
    assert.equal(pin, readCertificate(certificateOf({})).pin);
    const extensions = [alternativeNames(["dns", "anna.example"])];
    assert.equal(readCertificate(certificateOf({ subject, extensions })).claimedName, "anna.example");
  });

  it("lack a name and say why for alternative names in two extensions, or names that are not ASCII", () => {
    const names = alternativeNames(["dns", "anna.example"]);
    const twice = readCertificate(certificateOf({ extensions: [names, names] }));
    assert.equal(twice.claimedName, undefined);
    assert.match(twice.nameProblem ?? "", /twice$/u);
    const latin = readCertificate(
      certificateOf({ extensions: [alternativeNames(["dns", "zo\u{eb}.example"])] }),
    );
    assert.equal(latin.claimedName, undefined);
    assert.match(latin.nameProblem ?? "", /beyond ASCII$/u);
  });

  it("have no problem with a name where there is one, or none at all", () => {
    assert.equal(readCertificate(certificateOf({})).nameProblem, undefined);
    const { claimedName, nameProblem } = readCertificate(certificateOf({ subject: sequence() }));
    assert.deepEqual([claimedName, nameProblem], [undefined, undefined]);
  });

  it("keep hostile names as they are", () => {
    const name = "anna\u{0}\n\u{1b}]0;x\u{7}\u{202e}nimda\u{2028}";
    assert.equal(readCertificate(certificateOf({ subject: subjectOf(utf8String(name)) })).claimedName, name);
    const extensions = [alternativeNames(["dns", "anna\u{0}\n\u{1b}.example"])];
    assert.equal(readCertificate(certificateOf({ extensions })).claimedName, "anna\u{0}\n\u{1b}.example");
  });

  it("have dates from both types of time", () => {
    const times = { notBefore: utcTime("500101000000Z"), notAfter: generalizedTime("99991231235959Z") };
    const { notBefore, notAfter } = readCertificate(certificateOf(times));
    assert.deepEqual([notBefore, notAfter], [Date.UTC(1950, 0), Date.UTC(9999, 11, 31, 23, 59, 59)]);
    for (const broken of [utcTime("250231000000Z"), utcTime("250101000000"), der(0x05)])
      assert.throws(() => readCertificate(certificateOf({ notAfter: broken })), malformed(/notAfter/u));
  });

  it("are read though the certificate is of version 1, or has unique identifiers", () => {
    const algorithm = sequence(oid("1.2.840.10045.4.3.2"));
    const dates = sequence(utcTime("250101000000Z"), utcTime("260101000000Z"));
    const fields = [der(0x02, Uint8Array.of(1)), algorithm, sequence(), dates, subjectOf(utf8String("anna"))];
    for (const more of [[], [der(0x81, ascii("x"))], [der(0x82, ascii("x"))], [der(0x81), der(0x82)]]) {
      const tbs = sequence(...fields, P256_SPKI, ...more);
      assert.equal(readCertificate(sequence(tbs, algorithm, bitString(ascii("x")))).claimedName, "anna");
    }
  });
});
