import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import { type CertificateFacts, readCertificate } from "../../src/x509/certificate-facts.ts";
import { describeCertificate, toPem } from "../../src/x509/certificate-description.ts";
import { createIdentity } from "../../src/x509/create-identity.ts";
import { cpuMs } from "../support/cpu-time.ts";
import { damage } from "./support/damage.ts";
import {
  alternativeNames,
  ascii,
  certificateOf,
  der,
  derLength,
  extension,
  modulusOf,
  oid,
  rsaSpki,
  sequence,
} from "./support/der-writer.ts";
import { opensslCertificate } from "./support/openssl.ts";

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

describe("a certificate that is none", () => {
  const sound = certificateOf();

  it("is refused with the place of what is wrong", () => {
    assert.throws(
      () => readCertificate(new Uint8Array()),
      malformed(/^x509\.certificate at byte 0: needs tag 0x30, has nothing$/u),
    );
    assert.throws(() => readCertificate(ascii(toPem(sound))), malformed(/needs tag 0x30, has 0x2d$/u));
    assert.throws(
      () => readCertificate(certificateOf({ spki: der(0x31) })),
      malformed(
        /^x509\.certificate\.tbsCertificate\.subjectPublicKeyInfo at byte \d+: needs tag 0x30, has 0x31$/u,
      ),
    );
  });

  it("is refused with bytes after the certificate and after its last field", () => {
    assert.throws(() => readCertificate(Uint8Array.of(...sound, 0)), malformed(/has 1 bytes too many$/u));
    assert.throws(() => readCertificate(Buffer.concat([sound, sound])), malformed(/bytes too many$/u));
    const more = der(0xa4);
    const extensions = [alternativeNames()];
    assert.throws(
      () => readCertificate(certificateOf({ more, extensions })),
      malformed(/2 bytes too many$/u),
    );
    assert.throws(() => readCertificate(certificateOf({ more })), malformed(/needs tag 0xa3, has 0xa4$/u));
  });

  it("is refused wherever it is cut", () => {
    for (let length = 0; length < sound.length; length++)
      assert.throws(() => readCertificate(sound.subarray(0, length)), malformed(/needs/u));
  });

  it("is refused with lengths that DER does not allow and tags of several bytes", () => {
    const content = sound.subarray(4);
    const long = Uint8Array.of(0x30, 0x83, 0, sound[2] ?? 0, sound[3] ?? 0, ...content);
    assert.throws(() => readCertificate(long), malformed(/shortest form$/u));
    assert.throws(
      () => readCertificate(Uint8Array.of(0x30, 0x80, ...content, 0, 0)),
      malformed(/DER does not allow$/u),
    );
    const subject = sequence(der(0x31, sequence(oid("2.5.4.3"), Uint8Array.of(0x1f, 0x81, 0x01, 0))));
    assert.throws(() => readCertificate(certificateOf({ subject })), malformed(/more than one byte$/u));
  });

  it("is refused without extensions where extensions are announced", () => {
    for (const more of [der(0xa3), der(0xa3, der(0x05)), der(0xa3, sequence(), sequence())])
      assert.throws(() => readCertificate(certificateOf({ more })), malformed(/extensions/u));
  });
});

describe("a certificate made to do harm", () => {
  it("is refused beyond 48 KiB, before anything is read", () => {
    const room = 48 * 1024 - padded(40_000).length + 40_000;
    assert.equal(readCertificate(padded(room)).der.length, 48 * 1024);
    assert.throws(() => readCertificate(padded(room + 1)), unsupported(/49153 bytes$/u));
    assert.throws(() => readCertificate(new Uint8Array(50_000)), unsupported(/50000 bytes$/u));
  });

  it("is refused for a key of 16384 bits or an even exponent, without mathematics", () => {
    const large = certificateOf({ spki: rsaSpki(modulusOf(16_384)) });
    const even = certificateOf({ spki: rsaSpki(modulusOf(2048), Uint8Array.of(1, 0, 0)) });
    const began = cpuMs();
    for (let round = 0; round < 500; round++) {
      assert.throws(() => readCertificate(large), unsupported(/16384 bits/u));
      assert.throws(() => readCertificate(even), unsupported(/exponent/u));
    }
    assert.ok(cpuMs() - began < 2000);
  });

  it("is read in linear time with 10 000 names", () => {
    const [few, many] = [named(1000), named(10_000)].map(fastest) as [number, number];
    assert.ok(many < 50 * few + 1, `1000 names took ${few} ms, 10 000 took ${many} ms`);
  });

  it("is read or refused at once with thousands of attributes or extensions, or 40 kB of nesting", () => {
    const attribute = der(0x31, sequence(oid("1.2.3"), der(0x05)));
    const subject = sequence(...Array.from({ length: 4000 }, () => attribute));
    assert.equal(readCertificate(certificateOf({ subject })).claimedName, undefined);
    const extensions = Array.from({ length: 4000 }, () => extension("1.2.3", new Uint8Array()));
    assert.equal(readCertificate(certificateOf({ extensions })).claimedName, "anna");
    assert.equal(
      readCertificate(certificateOf({ extensions: [extension("1.2.3", nested(40_000))] })).claimedName,
      "anna",
    );
    assert.throws(() => readCertificate(certificateOf({ subject: nested(40_000) })), malformed(/rdn/u));
    assert.throws(() => readCertificate(nested(40_000)), malformed(/./u));
  });

  it("is harmless with 100 kB of nesting", () => {
    const bomb = nested(100_000);
    assert.throws(() => readCertificate(bomb), unsupported(/bytes$/u));
    assert.throws(() => readCertificate(certificateOf({ subject: bomb })), unsupported(/bytes$/u));
  });
});

describe("any bytes as a certificate", () => {
  it("are refused with one of two errors of ours", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        assert.equal(factsOrUndefined(bytes), undefined);
        factsOrUndefined(sequence(bytes));
        factsOrUndefined(sequence(sequence(bytes), sequence(), der(0x03, Uint8Array.of(0))));
        factsOrUndefined(certificateOf({ subject: sequence(bytes), extensions: [bytes] }));
      }),
    );
  });

  it("that were a real certificate before they were damaged give the key that OpenSSL finds, or our error", async () => {
    const real = await realCertificates();
    const damaged = fc
      .tuple(
        fc.constantFrom(...real),
        fc.constantFrom(...real),
        fc.array(damage, { minLength: 1, maxLength: 3 }),
      )
      .map(([one, other, damages]) => damages.reduce((bytes, apply) => apply(bytes, other), one));
    let compared = 0;
    fc.assert(
      fc.property(damaged, (bytes) => {
        const facts = factsOrUndefined(bytes);
        if (facts === undefined) return;
        assert.equal(facts.der, bytes);
        if (facts.keyType === "rsa-pss") return;
        const exported = exportedSpki(bytes);
        if (exported === undefined) return;
        compared++;
        assert.equal(facts.pin, readCertificate(certificateOf({ spki: exported })).pin);
      }),
      { numRuns: 3000 },
    );
    assert.ok(compared > 100, `${compared} were compared`);
  });

  it("that we read are described, or refused by OpenSSL with our error", async () => {
    const real = await realCertificates();
    const damaged = fc
      .tuple(fc.constantFrom(...real), fc.constantFrom(...real), damage)
      .map(([one, other, apply]) => apply(one, other));
    fc.assert(
      fc.property(damaged, (bytes) => {
        try {
          const { subject, subjectAltNames, claimedName = "" } = describeCertificate(bytes);
          assert.doesNotMatch([subject, ...subjectAltNames, claimedName].join(""), /[\p{Cc}\p{Cf}\p{Cs}]/u);
        } catch (error) {
          assertOurs(error);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

async function realCertificates(): Promise<readonly Uint8Array[]> {
  const now = new Date();
  const made = ["p256", "ed25519", "ml-dsa-44"] as const;
  const ours = await Promise.all(made.map((type) => createIdentity({ name: "urn:anna", type, now })));
  const names = ["-addext", "subjectAltName=DNS:a.example,URI:urn:a,email:a@x.example"];
  return [
    ...ours.map(({ facts }) => facts.der),
    ...(["p384", "ed448", "rsa2048", "rsaPss"] as const).map((key) => opensslCertificate(key, names)),
    certificateOf({ extensions: [alternativeNames(["dns", "a.example"])] }),
  ];
}

function factsOrUndefined(bytes: Uint8Array): CertificateFacts | undefined {
  try {
    return readCertificate(bytes);
  } catch (error) {
    assertOurs(error);
    return undefined;
  }
}

function assertOurs(error: unknown): void {
  const codes = ["ERR_HANDCLASP_CERTIFICATE_MALFORMED", "ERR_HANDCLASP_KEY_UNSUPPORTED"];
  assert.ok(isHandclaspError(error) && codes.includes(error.code), String(error));
}

/**
 * What OpenSSL makes of the public key: it does not keep the bytes, but writes the key anew. That the pins are the
 * same says that we take no two encodings of one key, but for the parameters of RSA-PSS, which are not compared.
 */
function exportedSpki(certificate: Uint8Array): Uint8Array | undefined {
  try {
    return new X509Certificate(toPem(certificate)).publicKey.export({ type: "spki", format: "der" });
  } catch {
    return undefined;
  }
}

function padded(bytes: number): Uint8Array {
  return certificateOf({ extensions: [extension("1.2.3", new Uint8Array(bytes))] });
}

function named(count: number): Uint8Array {
  const names = Array.from({ length: count }, () => ["dns", "a"] as const);
  return certificateOf({ extensions: [alternativeNames(...names)] });
}

/** Sequences in sequences, so many bytes of them. */
function nested(bytes: number): Uint8Array {
  const headers: Uint8Array[] = [];
  for (let length = 0; length < bytes;) {
    const header = Uint8Array.of(0x30, ...derLength(length));
    headers.push(header);
    length += header.length;
  }
  return Buffer.concat(headers.toReversed());
}

/** The best of ten reads, in milliseconds. */
function fastest(certificate: Uint8Array): number {
  return Math.min(
    ...Array.from({ length: 10 }, () => {
      const began = performance.now();
      readCertificate(certificate);
      return performance.now() - began;
    }),
  );
}
