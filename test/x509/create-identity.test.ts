import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { connect, createServer, type TLSSocket } from "node:tls";
import * as fc from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import { certificatesFromPem, describeCertificate } from "../../src/x509/certificate-description.ts";
import { readCertificate } from "../../src/x509/certificate-facts.ts";
import {
  type CreatedIdentity,
  createIdentity,
  type CreateIdentityOptions,
} from "../../src/x509/create-identity.ts";
import { IDENTITY_TYPES } from "../../src/x509/identity-type.ts";

const NOW = new Date("2030-05-06T07:08:09.500Z");
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

function identity(options: Partial<CreateIdentityOptions> = {}): Promise<CreatedIdentity> {
  return createIdentity({ name: "anna.example", now: NOW, ...options });
}

function namesOf({ facts }: CreatedIdentity): readonly string[] {
  return describeCertificate(facts.der).subjectAltNames;
}

describe("a made identity", () => {
  for (const type of IDENTITY_TYPES) {
    it(`of type ${type} is signed by its own key and reads as that type`, async () => {
      const { facts, privateKeyPem, certificatePem } = await identity({ type });
      const certificate = new X509Certificate(certificatePem);
      assert.equal(certificate.verify(certificate.publicKey), true);
      assert.equal(certificate.checkPrivateKey(createPrivateKey(privateKeyPem)), true);
      assert.equal(facts.keyType, type);
      assert.deepEqual(readCertificate(certificatesFromPem(certificatePem)[0] ?? new Uint8Array()), facts);
    });

    it(`of type ${type} serves both ends of a TLS 1.3 handshake`, async () => {
      const ours = await createIdentity({ name: "server", type, now: new Date() });
      const theirs = await createIdentity({ name: "client", type, now: new Date() });
      const shown = await handshake(ours, theirs);
      assert.equal(shown.client, theirs.facts.pin);
      assert.equal(shown.server, ours.facts.pin);
    });
  }

  it("has RSA keys of 3072 bits", async () => {
    const { certificatePem } = await identity({ type: "rsa" });
    assert.equal(new X509Certificate(certificatePem).publicKey.asymmetricKeyDetails?.modulusLength, 3072);
  });

  it("is no CA, and says so in a critical extension", async () => {
    const { facts } = await identity();
    assert.equal(new X509Certificate(facts.der).ca, false);
    // basicConstraints (2.5.29.19), critical, an empty sequence: CA:FALSE is the default and stays out of DER.
    assert.ok(Buffer.from(facts.der).includes(Buffer.from("0603551d130101ff04023000", "hex")));
  });

  it("may sign as client and as server, and nothing else", async () => {
    const { facts } = await identity();
    assert.deepEqual(new X509Certificate(facts.der).keyUsage, ["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"]);
    // keyUsage (2.5.29.15), critical: digitalSignature is the first of its bits.
    assert.ok(Buffer.from(facts.der).includes(Buffer.from("0603551d0f0101ff040403020780", "hex")));
  });

  it("has a positive serial number of 16 bytes, another one each time", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => identity({ type: "ed25519" })));
    const serials = made.map(({ facts }) => describeCertificate(facts.der).serialNumber);
    for (const serial of serials) assert.match(serial, /^[4-7][0-9A-F]{31}$/);
    assert.equal(new Set(serials).size, serials.length);
  });

  it("is good from a day before it was made, for ten years unless told otherwise", async () => {
    const { facts } = await identity();
    assert.equal(facts.notBefore, Date.parse("2030-05-05T07:08:09Z"));
    assert.equal(facts.notAfter, Date.parse("2030-05-06T07:08:09Z") + 3650 * DAY_MS);
    assert.equal((await identity({ days: 1 })).facts.notAfter, Date.parse("2030-05-07T07:08:09Z"));
  });

  it("writes the years from 2050 on so that OpenSSL reads the same", async () => {
    for (const now of ["2049-12-31T00:00:00Z", "2050-06-01T00:00:00Z"]) {
      const { facts } = await identity({ now: new Date(now), days: 2 });
      const { validFromDate, validToDate } = new X509Certificate(facts.der);
      assert.deepEqual([facts.notBefore, facts.notAfter], [validFromDate.getTime(), validToDate.getTime()]);
    }
  });
});

describe("the name of a made identity", () => {
  it("stands in the SAN as what it looks like", async () => {
    assert.deepEqual(namesOf(await identity({ name: "urn:uuid:1" })), ["URI:urn:uuid:1"]);
    assert.deepEqual(namesOf(await identity({ name: "anna@lab" })), ["email:anna@lab"]);
    assert.deepEqual(namesOf(await identity({ name: "anna.example" })), ["DNS:anna.example"]);
  });

  it("stands in the subject only when it is plain text or an address", async () => {
    for (const name of [
      "Anna's printer",
      "ünï",
      "*.example",
      "10.0.0.1",
      "-a",
      `${"a".repeat(64)}.example`,
    ]) {
      const made = await identity({ name });
      assert.deepEqual(namesOf(made), [], name);
      assert.equal(made.facts.claimedName, name);
    }
  });

  it("is what reading the certificate gives back, whatever it is", async () => {
    const names = fc.string({ unit: "binary", minLength: 1, maxLength: 255 });
    await fc.assert(
      fc.asyncProperty(names, async (name) => {
        fc.pre(name.isWellFormed());
        assert.equal((await identity({ name, type: "ed25519" })).facts.claimedName, name);
      }),
      { numRuns: 50 },
    );
  });

  it("may have further DNS names behind it, each once", async () => {
    const made = await identity({ name: "urn:uuid:1", dnsNames: ["a.example", "b.example"] });
    assert.deepEqual(namesOf(made), ["URI:urn:uuid:1", "DNS:a.example", "DNS:b.example"]);
    const same = await identity({ name: "a.example", dnsNames: ["a.example", "b.example"] });
    assert.deepEqual(namesOf(same), ["DNS:a.example", "DNS:b.example"]);
    assert.equal(same.facts.claimedName, "a.example");
  });
});

describe("an identity that cannot be made", () => {
  const wrong: Readonly<Record<string, Partial<CreateIdentityOptions>>> = {
    "an empty name": { name: "" },
    "half a character": { name: "anna\ud800" },
    "no days": { days: 0 },
    "days that are no number": { days: Number.NaN },
    "an end after the year 9999": { days: 4_000_000 },
    "a clock that stands nowhere": { now: new Date(Number.NaN) },
    "a further name that is no DNS name": { dnsNames: ["not a name"] },
    "DNS names that would be claimed instead of an e-mail address": {
      name: "anna@lab",
      dnsNames: ["a.example"],
    },
    "DNS names that would be claimed instead of plain text": { name: "Anna's", dnsNames: ["a.example"] },
    "a type from nowhere": { type: JSON.parse('"toString"') },
  };
  for (const [what, options] of Object.entries(wrong)) {
    it(`is refused with our own error for ${what}`, async () => {
      await assert.rejects(identity(options), (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"));
    });
  }
});

/** The pins that each end saw of the other. */
async function handshake(
  ours: CreatedIdentity,
  theirs: CreatedIdentity,
): Promise<{ readonly client: string; readonly server: string }> {
  const server = createServer({
    key: ours.privateKeyPem,
    cert: ours.certificatePem,
    minVersion: "TLSv1.3",
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({
    port,
    host: "127.0.0.1",
    key: theirs.privateKeyPem,
    cert: theirs.certificatePem,
    rejectUnauthorized: false,
  });
  try {
    const [[accepted]] = await Promise.all([
      once(server, "secureConnection") as Promise<[TLSSocket]>,
      once(client, "secureConnect"),
    ]);
    return { client: pinOf(accepted), server: pinOf(client) };
  } finally {
    client.destroy();
    server.close();
  }
}

function pinOf(socket: TLSSocket): string {
  return readCertificate(socket.getPeerX509Certificate()?.raw ?? new Uint8Array()).pin;
}
