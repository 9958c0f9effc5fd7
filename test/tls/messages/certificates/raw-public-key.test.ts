import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { before, describe, it } from "node:test";
import { CERTIFICATE_TYPE } from "../../../../src/tls/code-points/code-points.ts";
import { parseCertificateMessage } from "../../../../src/tls/messages/certificates/certificate.ts";
import { createIdentity } from "../../../../src/x509/create-identity.ts";
import { certificatesFromPem } from "../../../../src/x509/certificate-description.ts";
import { observeChunks } from "../../differential/support/observed.ts";
import { clientHello, concat, extension, message, record, serverHello, vector } from "../support/encode.ts";
import { malformed } from "../support/malformed.ts";

const { X509, RawPublicKey } = CERTIFICATE_TYPE;
const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const key: Uint8Array = new Uint8Array(publicKey.export({ type: "spki", format: "der" }));

describe("raw public keys", () => {
  let certificate: Uint8Array;
  before(async () => {
    const { certificatePem } = await createIdentity({ name: "server", type: "p256", now: new Date() });
    certificate = certificatesFromPem(certificatePem)[0] ?? assert.fail();
  });

  it("are a key and no certificate, in TLS 1.2 alone and in TLS 1.3 in an entry", () => {
    const tls12 = parseCertificateMessage(vector(3, key), "TLSv1.2", RawPublicKey);
    const tls13 = parseCertificateMessage(inEntry(key), "TLSv1.3", RawPublicKey);
    for (const { entries, publicKey: found } of [tls12, tls13]) {
      assert.deepEqual(entries, []);
      assert.deepEqual(found, key);
    }
  });

  it("may be missing, as a client's that has none", () => {
    for (const [body, version] of [
      [vector(3), "TLSv1.2"],
      [concat(vector(1), vector(3)), "TLSv1.3"],
    ] as const) {
      const { entries, publicKey: found } = parseCertificateMessage(body, version, RawPublicKey);
      assert.deepEqual([entries, found], [[], undefined]);
    }
  });

  it("are told from certificates where it is not known what was negotiated", () => {
    assert.deepEqual(parseCertificateMessage(vector(3, key), "TLSv1.2").publicKey, key);
    assert.deepEqual(parseCertificateMessage(inEntry(key), "TLSv1.3").publicKey, key);
    const chain = vector(3, vector(3, certificate));
    assert.deepEqual(parseCertificateMessage(chain, "TLSv1.2").entries[0]?.certificate, certificate);
    assert.deepEqual(
      parseCertificateMessage(inEntry(certificate), "TLSv1.3").entries[0]?.certificate,
      certificate,
    );
  });

  it("do not come where certificates were negotiated, nor in pairs", () => {
    assert.throws(
      () => parseCertificateMessage(vector(3, key), "TLSv1.2", X509),
      malformed("certificate.certificate_list.cert_data at byte 6: needs 3168560, has 88"),
    );
    const entry = concat(vector(3, key), vector(2));
    const two = concat(vector(1), vector(3, entry, entry));
    assert.throws(
      () => parseCertificateMessage(two, "TLSv1.3", RawPublicKey),
      malformed("certificate.certificate_list at byte 196: has 2 keys, not one"),
    );
  });

  it("are read by what the ServerHello answers, for each side", () => {
    const hello = clientHello({ extensions: [extension(19, [2, 0, 2]), extension(20, [1, 2])] });
    const chosen = serverHello([extension(20, [2])]);
    const { messages, problems } = observeChunks(
      [
        ["client", record(22, message(1, hello))],
        ["server", record(22, concat(message(2, chosen), message(11, vector(3, key)), message(14, [])))],
        ["client", record(22, message(11, vector(3, vector(3, certificate))))],
      ],
      "",
    );
    assert.deepEqual(problems, []);
    const [client, server, ofServer, , ofClient] = messages.flatMap(({ parsed }) => parsed ?? []);
    assert(client?.name === "client_hello" && server?.name === "server_hello");
    assert.deepEqual(client.message.clientCertificateTypes, [X509, RawPublicKey]);
    assert.deepEqual(client.message.serverCertificateTypes, [RawPublicKey]);
    assert.equal(server.message.serverCertificateType, RawPublicKey);
    assert.equal(server.message.clientCertificateType, undefined);
    assert(ofServer?.name === "certificate" && ofClient?.name === "certificate");
    assert.deepEqual(ofServer.message.publicKey, key);
    assert.equal(ofClient.message.publicKey, undefined);
    assert.equal(ofClient.message.entries.length, 1);
  });
});

function inEntry(data: Uint8Array): Uint8Array {
  return concat(vector(1), vector(3, vector(3, data), vector(2)));
}
