import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { describe, it } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { CIPHER_SUITE_NAMES } from "../../../src/tls/code-points/code-points-cipher-suites.ts";
import { HandshakeReader } from "../../../src/tls/records/handshake-reader.ts";
import {
  type HandshakeMessages,
  parseHandshakeMessage,
} from "../../../src/tls/messages/handshake-message.ts";
import { createIdentity } from "../../../src/x509/create-identity.ts";
import { RFC_8448 } from "../../vectors/rfc8448.ts";
import { clientWith, versatileServer } from "../support/connection-options.ts";
import { recordConnection } from "../support/recorded-connection.ts";
import { sentMessages } from "./support/recorded-messages.ts";

const HANDSHAKE = 22;

/** What each section prints, by sender: c or s. */
const TRACED: readonly (readonly string[])[] = [
  [
    "c client_hello",
    "s server_hello",
    "s encrypted_extensions",
    "s certificate",
    "s certificate_verify",
    "s finished",
    "c finished",
    "s new_session_ticket",
  ],
  [
    "c client_hello",
    "s server_hello",
    "s encrypted_extensions",
    "s finished",
    "c end_of_early_data",
    "c finished",
  ],
  [
    "c client_hello",
    "s server_hello",
    "c client_hello",
    "s server_hello",
    "s encrypted_extensions",
    "s certificate",
    "s certificate_verify",
    "s finished",
    "c finished",
  ],
  [
    "c client_hello",
    "s server_hello",
    "s encrypted_extensions",
    "s certificate_request",
    "s certificate",
    "s certificate_verify",
    "s finished",
    "c certificate",
    "c certificate_verify",
    "c finished",
  ],
  [
    "c client_hello",
    "s server_hello",
    "s encrypted_extensions",
    "s certificate",
    "s certificate_verify",
    "s finished",
    "c finished",
  ],
];

describe("handshake messages", () => {
  for (const [index, { section, records }] of RFC_8448.entries()) {
    it(`are those of RFC 8448 §${section}`, () => {
      const readers = { client: new HandshakeReader(), server: new HandshakeReader() };
      const seen = records.flatMap(({ from, bytes, type = bytes[0], content = bytes.subarray(5) }) => {
        if (type !== HANDSHAKE) return [];
        return Array.from(readers[from].read(content), (frame) => {
          const { name } = parseHandshakeMessage(frame.type, frame.body, { version: "TLSv1.3" });
          return `${from[0]} ${name}`;
        });
      });
      assert.deepEqual(seen, TRACED[index]);
    });
  }

  it("of a type that is not known are kept as they are", () => {
    const body = Uint8Array.of(1, 2);
    assert.deepEqual(parseHandshakeMessage(67, body, { version: "TLSv1.2" }), {
      name: "other",
      type: 67,
      message: body,
    });
  });

  const now = new Date();
  const cases: readonly (readonly [string, ConnectionOptions])[] = [
    ["TLS 1.3", { minVersion: "TLSv1.3" }],
    ["TLS 1.3 after a HelloRetryRequest", { minVersion: "TLSv1.3", ecdhCurve: "P-521:X25519" }],
    ["TLS 1.2 with ECDHE and ECDSA", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }],
    ["TLS 1.2 with ECDHE and RSA", { maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES256-GCM-SHA384" }],
    ["TLS 1.2 with DHE", { maxVersion: "TLSv1.2", ciphers: "DHE-RSA-AES128-GCM-SHA256" }],
    ["TLS 1.2 with RSA", { maxVersion: "TLSv1.2", ciphers: "AES128-SHA256" }],
    ["TLS 1.2 with a pre-shared key", { maxVersion: "TLSv1.2", ciphers: "ECDHE-PSK-AES128-CBC-SHA256" }],
  ];
  for (const [name, options] of cases) {
    it(`of Node are read, each and whole: ${name}`, async () => {
      const client = await createIdentity({ name: "ada", now });
      const isPsk = options.ciphers?.includes("PSK") ?? false;
      const groups = name.includes("Retry") ? { ecdhCurve: "X25519" } : {};
      const server = await versatileServer({ requestCert: !isPsk, rejectUnauthorized: false, ...groups });
      const own = { key: client.privateKeyPem, cert: client.certificatePem };
      const clientOptions = { servername: "example.org", ALPNProtocols: ["http/1.1"], ...own, ...options };
      const connection = await recordConnection(server, isPsk ? clientWith(clientOptions) : clientOptions);
      const sent = sentMessages(connection);
      assert.equal(CIPHER_SUITE_NAMES.name(sent.at(-1)?.cipherSuite ?? 0), connection.cipher);
      const found = <Name extends keyof HandshakeMessages>(from: string, wanted: Name) =>
        sent.find((one) => one.from === from && one.parsed.name === wanted)?.parsed.message as
          | HandshakeMessages[Name]
          | undefined;
      assert.deepEqual(
        sent.filter(({ parsed }) => parsed.name === "other"),
        [],
      );
      assert.equal(found("client", "client_hello")?.serverName, "example.org");
      assert.deepEqual(found("client", "client_hello")?.alpnProtocols, ["http/1.1"]);
      assert.ok(found("client", "finished") && found("server", "finished"));
      assert.equal(
        found("server", "server_hello")?.isHelloRetryRequest,
        name === "TLS 1.3 after a HelloRetryRequest",
      );
      if (isPsk) return;
      const shown = found("client", "certificate")?.entries[0]?.certificate ?? Uint8Array.of();
      assert.deepEqual(new X509Certificate(shown).raw, new X509Certificate(client.certificatePem).raw);
      assert.ok(found("server", "certificate_request")?.signatureAlgorithms.includes(0x0403));
      assert.equal(found("client", "certificate_verify")?.algorithm, 0x0403);
      assert.ok((found("server", "new_session_ticket")?.ticket.length ?? 0) > 100);
      if (!name.startsWith("TLS 1.2")) return;
      const method = { ECDHE: "ecdhe", DHE: "dhe", RSA: "rsa" }[/with (\w+)/.exec(name)?.[1] ?? ""];
      assert.equal(found("client", "client_key_exchange")?.method, method);
      if (method !== "rsa") assert.equal(found("server", "server_key_exchange")?.method, method);
    });
  }
});
