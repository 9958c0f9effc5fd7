import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { TlsOptions } from "node:tls";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";
import {
  clientWith,
  NO_ENCRYPT_THEN_MAC,
  NO_EXTENDED_MASTER_SECRET,
  versatileServer,
} from "../support/connection-options.ts";
import { DecodedConnection } from "../support/decoded-connection.ts";
import { recordConnection, SENT } from "../support/recorded-connection.ts";

/** One of each kind of key exchange, cipher and MAC that must have been negotiated. */
const AT_LEAST = [
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_DHE_RSA_WITH_AES_128_CCM",
  "TLS_RSA_WITH_AES_256_CCM_8",
  "TLS_PSK_WITH_AES_128_CCM_8",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
  "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384",
  "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256",
  "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256",
  "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256",
  "TLS_RSA_WITH_NULL_SHA256",
];

describe("opening TLS 1.2 records", () => {
  let server: TlsOptions;
  before(async () => {
    server = await versatileServer({ maxVersion: "TLSv1.2" });
  });

  it(
    "opens all that either side sends, in every suite that OpenSSL negotiates",
    { timeout: FILE_PATIENCE_MS },
    async () => {
      const seen = await openEverySuite(server, "ALL:COMPLEMENTOFALL", 0);
      assert.deepEqual(
        AT_LEAST.filter((name) => !seen.includes(name)),
        [],
      );
      assert.ok(seen.length >= 130, `${seen.length} suites`);
    },
  );

  it("opens them without encrypt-then-MAC too", { timeout: FILE_PATIENCE_MS }, async () => {
    const seen = await openEverySuite(server, "ALL:!AESGCM:!AESCCM:!CHACHA20:!ARIAGCM", NO_ENCRYPT_THEN_MAC);
    assert.ok(seen.length >= 50, `${seen.length} suites`);
  });

  it("opens them without an extended master secret too", { timeout: FILE_PATIENCE_MS }, async () => {
    const seen = await openEverySuite(server, "ECDHE+aRSA:kRSA:PSK", NO_EXTENDED_MASTER_SECRET);
    assert.ok(seen.length >= 40, `${seen.length} suites`);
  });
});

/** How it ends: nothing of the list is left, nothing that client and server can use, nothing that they share. */
const NONE_LEFT = [
  "ERR_SSL_NO_CIPHER_MATCH",
  "ERR_SSL_NO_CIPHERS_AVAILABLE",
  "ERR_SSL_NO_SHARED_CIPHER",
  "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
];

/** Takes away from the client's list what was negotiated until nothing is left. The names are IANA's. */
async function openEverySuite(
  server: TlsOptions,
  list: string,
  secureOptions: number,
): Promise<readonly string[]> {
  const seen: string[] = [];
  const taken: string[] = [];
  for (;;) {
    const ciphers = [list, ...taken.map((name) => `!${name}`), "@SECLEVEL=0"].join(":");
    const recorded = await recordConnection(server, clientWith({ ciphers, secureOptions })).catch(noneLeft);
    if (recorded === undefined) return seen;
    const { cipher } = recorded;
    const decoded = new DecodedConnection(recorded);
    assert.equal(decoded.suite.version, "TLSv1.2", cipher);
    assert.deepEqual(decoded.application, SENT, cipher);
    assert.deepEqual(decoded.finished, ["client", "server"], cipher);
    assert.equal(decoded.extendedMasterSecret, secureOptions !== NO_EXTENDED_MASTER_SECRET, cipher);
    const encryptThenMac = secureOptions !== NO_ENCRYPT_THEN_MAC && /_CBC_|_NULL_/.test(cipher);
    assert.equal(decoded.encryptThenMac, encryptThenMac, cipher);
    seen.push(cipher);
    taken.push(recorded.opensslCipher);
  }
}

function noneLeft(error: unknown): undefined {
  if (NONE_LEFT.includes(String((error as NodeJS.ErrnoException).code))) return undefined;
  throw error;
}
