import {
  boundContent,
  boundFragment,
  malformedRecord,
  type OpenedRecord,
  type ProtectedRecord,
  pseudoHeader,
  type RecordOpener,
} from "./record-protection.ts";
import { openSealed, recordNonce } from "./record-protection-aead.ts";
import type { Tls12WriteKeys } from "./tls12-key-schedule.ts";
import type { AeadCipher } from "./tls12-suite.ts";

/** What a TLSCiphertext may add to its content. RFC 5246 §6.2.3.3. */
const MOST_OVERHEAD = 1024;

/** TLS 1.2 with AES-GCM, AES-CCM, ARIA-GCM (explicit nonce) or ChaCha20-Poly1305 (none). RFC 5246 §6.2.3.3. */
export class Tls12AeadOpener implements RecordOpener {
  readonly #cipher: AeadCipher;
  readonly #keys: Tls12WriteKeys;
  sequence = 0;

  constructor(cipher: AeadCipher, keys: Tls12WriteKeys) {
    this.#cipher = cipher;
    this.#keys = keys;
  }

  open(record: ProtectedRecord): OpenedRecord {
    boundFragment(record, MOST_OVERHEAD);
    const { aead, explicitNonceLength, tagLength } = this.#cipher;
    const length = record.fragment.length - explicitNonceLength - tagLength;
    if (length < 0) {
      throw malformedRecord(
        record,
        `needs ${explicitNonceLength + tagLength}, has ${record.fragment.length}`,
      );
    }
    const content = openSealed({
      aead,
      key: this.#keys.key,
      nonce: this.#nonce(record),
      additionalData: pseudoHeader(this.sequence, record, length),
      sealed: record.fragment.subarray(explicitNonceLength),
      tagLength,
    });
    if (content === undefined) throw malformedRecord(record, "does not verify under these keys");
    this.sequence++;
    return { type: record.type, content: boundContent(record, content) };
  }

  #nonce(record: ProtectedRecord): Uint8Array {
    const { explicitNonceLength } = this.#cipher;
    if (explicitNonceLength === 0) return recordNonce(this.#keys.iv, this.sequence);
    return Buffer.concat([this.#keys.iv, record.fragment.subarray(0, explicitNonceLength)]);
  }
}
