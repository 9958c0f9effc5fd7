import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import type { ProtectedRecord, RecordOpener } from "../../../src/tls/keys/record-protection.ts";
import { TLS13_SUITES } from "../../../src/tls/keys/tls13-suite.ts";
import { clientWith, NO_ENCRYPT_THEN_MAC, versatileServer } from "../support/connection-options.ts";
import { DecodedConnection } from "../support/decoded-connection.ts";
import { recordConnection } from "../support/recorded-connection.ts";
import { propertyRuns } from "../../support/property-runs.ts";

/** One connection for each way of protecting records. */
const WAYS: readonly (readonly [name: string, ciphers: string, secureOptions: number])[] = [
  ["TLS 1.2 AES-GCM", "ECDHE-RSA-AES128-GCM-SHA256", 0],
  ["TLS 1.2 AES-CCM_8", "ECDHE-ECDSA-AES256-CCM8", 0],
  ["TLS 1.2 ARIA-GCM", "ECDHE-ARIA256-GCM-SHA384", 0],
  ["TLS 1.2 ChaCha20-Poly1305", "ECDHE-RSA-CHACHA20-POLY1305", 0],
  ["encrypt-then-MAC", "ECDHE-RSA-AES256-SHA384", 0],
  ["MAC-then-encrypt", "ECDHE-RSA-AES128-SHA", NO_ENCRYPT_THEN_MAC],
  ["no cipher", "ECDHE-RSA-NULL-SHA", 0],
  ["TLS 1.3 AES-GCM", "TLS_AES_256_GCM_SHA384", 0],
  ["TLS 1.3 AES-CCM_8", "TLS_AES_128_CCM_8_SHA256", 0],
  ["TLS 1.3 ChaCha20-Poly1305", "TLS_CHACHA20_POLY1305_SHA256", 0],
];
const RUNS = propertyRuns(150);

describe("record protection", () => {
  const decoded = new Map<string, DecodedConnection>();
  before(async () => {
    const server = await versatileServer({
      ciphers: `ALL:COMPLEMENTOFALL:${[...TLS13_SUITES.keys()].join(":")}:@SECLEVEL=0`,
    });
    for (const [name, ciphers, secureOptions] of WAYS) {
      const maxVersion = ciphers.startsWith("TLS_") ? "TLSv1.3" : "TLSv1.2";
      const list = maxVersion === "TLSv1.3" ? `${ciphers}:DEFAULT:@SECLEVEL=0` : `${ciphers}:@SECLEVEL=0`;
      const client = { ciphers: list, secureOptions, minVersion: maxVersion, maxVersion } as const;
      const options = maxVersion === "TLSv1.3" ? client : clientWith(client);
      decoded.set(name, new DecodedConnection(await recordConnection(server, options)));
    }
  });

  for (const [name] of WAYS) {
    const first = (): { readonly record: ProtectedRecord; readonly opener: () => RecordOpener } => {
      const connection = decoded.get(name);
      const opened = connection?.opened.find(({ from }) => from === "server");
      assert(connection && opened);
      return { record: opened.record, opener: () => connection.freshOpener("server") };
    };

    it(`notices each bit that is flipped, with ${name}`, () => {
      const { record, opener } = first();
      const length = record.fragment.length;
      fc.assert(
        fc.property(fc.nat(length - 1), fc.nat(7), (at, bit) => {
          const fragment = Buffer.from(record.fragment);
          fragment.writeUInt8(fragment.readUInt8(at) ^ (1 << bit), at);
          const opens = opener();
          assert.throws(() => opens.open({ ...record, fragment }), isOurs);
          assert.equal(opens.sequence, 0);
          opens.open(record);
          assert.equal(opens.sequence, 1);
        }),
        { numRuns: RUNS },
      );
    });

    it(`notices a record that is cut short, repeated or under another header, with ${name}`, () => {
      const { record, opener } = first();
      for (let length = 0; length < Math.min(record.fragment.length, 150); length++) {
        assert.throws(
          () => opener().open({ ...record, fragment: record.fragment.subarray(0, length) }),
          isOurs,
        );
      }
      const opens = opener();
      opens.open(record);
      assert.throws(() => opens.open(record), isOurs);
      assert.throws(() => opener().open({ ...record, type: record.type ^ 1 }), isOurs);
      assert.throws(() => opener().open({ ...record, version: 0x0302 }), isOurs);
    });

    it(`throws nothing but our error on random bytes, with ${name}`, () => {
      const { opener } = first();
      const bytes = fc.oneof(
        fc.uint8Array({ maxLength: 400 }),
        fc.nat(40).map((blocks) => new Uint8Array(blocks * 16).fill(blocks)),
      );
      fc.assert(
        fc.property(fc.nat(255), fc.nat(0xffff), bytes, (type, version, fragment) => {
          assert.throws(() => opener().open({ type, version, fragment }), isOurs);
        }),
        { numRuns: RUNS },
      );
    });

    it(`refuses fragments that no sender may make before it decrypts them, with ${name}`, () => {
      const { record, opener } = first();
      const fragment = new Uint8Array(16_384 + 2_049);
      assert.throws(
        () => opener().open({ ...record, fragment }),
        /^HandclaspError: record\.ciphertext at byte 0: has 18433, at most \d+$/,
      );
    });
  }
});

function isOurs(error: unknown): boolean {
  return (
    isHandclaspError(error, "ERR_HANDCLASP_MALFORMED") && /^record\.\w+$/.test(String(error.details["field"]))
  );
}
