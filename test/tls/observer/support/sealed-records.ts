import { randomBytes } from "node:crypto";
import { Tls13RecordOpener } from "../../../../src/tls/keys/open-record-tls13.ts";
import { sealRecord } from "../../../../src/tls/keys/seal-record.ts";
import { TLS13_SUITES, type Tls13Suite } from "../../../../src/tls/keys/tls13-suite.ts";
import { trafficKeys } from "../../../../src/tls/keys/traffic-keys.ts";
import type { TlsRecord } from "../../../../src/tls/records/record-reader.ts";

const SUITE = TLS13_SUITES.get("TLS_AES_128_GCM_SHA256") as Tls13Suite;

/** One sender's records of TLS 1.3 under one secret, whatever their numbers. */
export class SealedRecords {
  readonly secret: Uint8Array;

  constructor(secret: Uint8Array = randomBytes(32)) {
    this.secret = secret;
  }

  /** A handshake record unless told. */
  record(sequence: number, content: Uint8Array = Uint8Array.of(sequence % 256), type = 22): TlsRecord {
    const bytes = sealRecord(trafficKeys(this.secret, SUITE), SUITE, { type, content, sequence });
    return {
      type: 23,
      version: 0x0303,
      header: bytes.subarray(0, 5),
      fragment: bytes.subarray(5),
      offset: 0,
    };
  }

  opener(): Tls13RecordOpener {
    return new Tls13RecordOpener(SUITE, this.secret);
  }
}

/** A record in the clear. */
export function plainRecord(type: number, ...fragment: readonly number[]): TlsRecord {
  const header = Uint8Array.of(type, 3, 3, 0, fragment.length);
  return { type, version: 0x0303, header, fragment: Uint8Array.from(fragment), offset: 0 };
}
