import {
  boundContent,
  boundFragment,
  malformedRecord,
  type OpenedRecord,
  type ProtectedRecord,
  type RecordOpener,
  recordMac,
} from "./record-protection.ts";
import type { Tls12WriteKeys } from "./tls12-key-schedule.ts";
import type { NullCipher } from "./tls12-suite.ts";

/** What a TLSCiphertext may add to its content. RFC 5246 §6.2.3. */
const MOST_OVERHEAD = 2048;

/** TLS 1.2 with a MAC and no cipher. RFC 5246 §6.2.3.1. */
export class Tls12NullOpener implements RecordOpener {
  readonly #cipher: NullCipher;
  readonly #keys: Tls12WriteKeys;
  sequence = 0;

  constructor(cipher: NullCipher, keys: Tls12WriteKeys) {
    this.#cipher = cipher;
    this.#keys = keys;
  }

  open(record: ProtectedRecord): OpenedRecord {
    boundFragment(record, MOST_OVERHEAD);
    const { mac, macLength } = this.#cipher;
    const length = record.fragment.length - macLength;
    if (length < 0) throw malformedRecord(record, `needs ${macLength}, has ${record.fragment.length}`);
    const content = record.fragment.subarray(0, length);
    const expected = recordMac(mac, this.#keys.macKey, this.sequence, record, content);
    if (!expected.equals(record.fragment.subarray(length))) {
      throw malformedRecord(record, "does not verify under these keys", "mac");
    }
    this.sequence++;
    return { type: record.type, content: boundContent(record, content) };
  }
}
