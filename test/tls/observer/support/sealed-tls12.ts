import assert from "node:assert/strict";
import { tls12Keys } from "../../../../src/tls/keys/tls12-key-schedule.ts";
import { TLS12_SUITES } from "../../../../src/tls/keys/tls12-suite.ts";
import type { Hellos } from "../../../../src/tls/observer/observed-hellos.ts";
import type { TlsRecord } from "../../../../src/tls/records/record-reader.ts";
import { sealTls12 } from "../../support/seal-tls12.ts";

/** The server's record with this number in the session that the hellos and the master secret make. */
export function sealedTls12(
  { client, server }: Hellos,
  master: Uint8Array,
  sequence: number,
  type = 22,
): TlsRecord {
  assert.ok(client !== undefined && server !== undefined);
  const suite = TLS12_SUITES.get(server.cipherSuite);
  assert.ok(suite?.cipher.mode === "aead");
  const keys = tls12Keys(master, suite, { client: client.random, server: server.random }).server;
  const record = sealTls12(suite.cipher, keys, sequence, Uint8Array.of(sequence), type);
  return { ...record, header: new Uint8Array(5), offset: 0 };
}
