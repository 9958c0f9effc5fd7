import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import type { TlsOptions } from "node:tls";
import { tls12Keys } from "../../../src/tls/keys/tls12-key-schedule.ts";
import { prf } from "../../../src/tls/keys/tls12-prf.ts";
import { TLS12_SUITES } from "../../../src/tls/keys/tls12-suite.ts";
import { hex } from "../../vectors/rfc8448-trace.ts";
import {
  clientWith,
  NO_EXTENDED_MASTER_SECRET,
  premasterOfPsk,
  versatileServer,
} from "../support/connection-options.ts";
import { DecodedConnection } from "../support/decoded-connection.ts";
import { extendedMasterSecret, masterSecret } from "../support/tls12-secrets.ts";
import { recordConnection } from "../support/recorded-connection.ts";

describe("TLS 1.2 PRF", () => {
  it("computes the vector of the TLS working group's list for SHA-256", () => {
    const made = prf(
      hex`9bbe436ba940f017b17652849a71db35`,
      "sha256",
      "test label",
      hex`a0ba9f936cda311827a6f796ffd5198c`,
      100,
    );
    same(
      made,
      hex`e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9
        c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789ba
        a48082d122ee42c5a72e5a5110fff70187347b66`,
    );
  });

  it("computes that for SHA-384", () => {
    const made = prf(
      hex`b80b733d6ceefcdc71566ea48e5567df`,
      "sha384",
      "test label",
      hex`cd665cf6a8447dd6ff8b27555edb7465`,
      148,
    );
    same(
      made,
      hex`7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe3
        4f82b1233c9146a0e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3
        d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236
        a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f`,
    );
  });

  it("gives as much as is asked for", () => {
    for (const length of [0, 1, 31, 32, 33, 136]) {
      assert.equal(
        prf(new Uint8Array(48), "sha256", "key expansion", new Uint8Array(64), length).length,
        length,
      );
    }
  });
});

describe("TLS 1.2 key schedule", () => {
  let server: TlsOptions;
  before(async () => {
    server = await versatileServer({ maxVersion: "TLSv1.2" });
  });

  for (const ciphers of ["PSK-AES128-GCM-SHA256", "PSK-AES256-GCM-SHA384"]) {
    it(`makes the master secret that OpenSSL logs, with ${ciphers}`, async () => {
      const client = clientWith({
        ciphers: `${ciphers}:@SECLEVEL=0`,
        secureOptions: NO_EXTENDED_MASTER_SECRET,
      });
      const decoded = new DecodedConnection(await recordConnection(server, client));
      assert(!decoded.extendedMasterSecret && decoded.suite.version === "TLSv1.2");
      const randoms = { client: decoded.clientRandom, server: decoded.serverRandom };
      same(masterSecret(premasterOfPsk(), decoded.suite.hash, randoms), decoded.secret("CLIENT_RANDOM"));
    });

    it(`makes the extended master secret that OpenSSL logs, with ${ciphers}`, async () => {
      const client = clientWith({ ciphers: `${ciphers}:@SECLEVEL=0` });
      const decoded = new DecodedConnection(await recordConnection(server, client));
      assert(decoded.extendedMasterSecret && decoded.suite.version === "TLSv1.2");
      const made = extendedMasterSecret(premasterOfPsk(), decoded.suite.hash, decoded.sessionHash);
      same(made, decoded.secret("CLIENT_RANDOM"));
    });
  }

  it("cuts keys of the right lengths for every suite", () => {
    const randoms = { client: new Uint8Array(32).fill(1), server: new Uint8Array(32).fill(2) };
    for (const suite of TLS12_SUITES.values()) {
      const { client, server: ofServer } = tls12Keys(new Uint8Array(48).fill(3), suite, randoms);
      for (const { macKey, key, iv } of [client, ofServer]) {
        const { cipher } = suite;
        assert.equal(key.length, cipher.keyLength);
        assert.equal(macKey.length, cipher.mode === "aead" ? 0 : cipher.macLength);
        assert.equal(iv.length, cipher.mode === "aead" ? cipher.fixedIvLength : 0);
      }
    }
  });
});

function same(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(Buffer.from(actual).toString("hex"), Buffer.from(expected).toString("hex"));
}
