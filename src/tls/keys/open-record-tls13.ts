import {
  boundContent,
  boundFragment,
  malformedRecord,
  type OpenedRecord,
  type ProtectedRecord,
  type RecordOpener,
} from "./record-protection.ts";
import { openSealed, recordNonce } from "./record-protection-aead.ts";
import type { Tls13Suite } from "./tls13-suite.ts";
import { type TrafficKeys, trafficKeys } from "./traffic-keys.ts";

/** What a TLSCiphertext may add to its content: type, padding and tag. RFC 8446 §5.2. */
const MOST_OVERHEAD = 256;

/** TLS 1.3 under one traffic secret; after a KeyUpdate a new one opens with `nextTrafficSecret`. RFC 8446 §5.2. */
export class Tls13RecordOpener implements RecordOpener {
  readonly #suite: Tls13Suite;
  readonly #keys: TrafficKeys;
  sequence = 0;

  constructor(suite: Tls13Suite, secret: Uint8Array) {
    this.#suite = suite;
    this.#keys = trafficKeys(secret, suite);
  }

  open(record: ProtectedRecord): OpenedRecord {
    boundFragment(record, MOST_OVERHEAD);
    const { aead, tagLength } = this.#suite;
    const inner = openSealed({
      aead,
      key: this.#keys.key,
      nonce: recordNonce(this.#keys.iv, this.sequence),
      additionalData: header(record),
      sealed: record.fragment,
      tagLength,
    });
    if (inner === undefined) throw malformedRecord(record, "does not verify under these keys");
    this.sequence++;
    return innerPlaintext(record, inner);
  }
}

/** The record's own header is the additional data. RFC 8446 §5.2. */
function header(record: ProtectedRecord): Uint8Array {
  const { type, version, fragment } = record;
  return Uint8Array.of(type, version >> 8, version & 0xff, fragment.length >> 8, fragment.length & 0xff);
}

/** The last byte that is not zero is the content type, what follows is padding. RFC 8446 §5.4. */
function innerPlaintext(record: ProtectedRecord, inner: Uint8Array): OpenedRecord {
  let end = inner.length - 1;
  while (end >= 0 && inner[end] === 0) end--;
  const type = inner[end];
  if (type === undefined) throw malformedRecord(record, "holds nothing but padding", "inner_plaintext");
  return { type, content: boundContent(record, inner.subarray(0, end)) };
}
