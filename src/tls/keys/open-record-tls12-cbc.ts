import { createDecipheriv } from "node:crypto";
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
import type { CbcCipher } from "./tls12-suite.ts";

const BLOCK = 16;
/** What a TLSCiphertext may add to its content. RFC 5246 §6.2.3. */
const MOST_OVERHEAD = 2048;

/**
 * TLS 1.2 with a block cipher, MAC-then-encrypt (RFC 5246 §6.2.3.2) or encrypt-then-MAC (RFC 7366 §3). MAC and every
 * byte of padding are checked. It answers nobody, so unlike a peer it has no reason to take the same time for all.
 */
export class Tls12CbcOpener implements RecordOpener {
  readonly #cipher: CbcCipher;
  readonly #keys: Tls12WriteKeys;
  readonly #encryptThenMac: boolean;
  sequence = 0;

  constructor(cipher: CbcCipher, keys: Tls12WriteKeys, encryptThenMac: boolean) {
    this.#cipher = cipher;
    this.#keys = keys;
    this.#encryptThenMac = encryptThenMac;
  }

  open(record: ProtectedRecord): OpenedRecord {
    boundFragment(record, MOST_OVERHEAD);
    const content = this.#encryptThenMac ? this.#verifyThenDecrypt(record) : this.#decryptThenVerify(record);
    this.sequence++;
    return { type: record.type, content: boundContent(record, content) };
  }

  #verifyThenDecrypt(record: ProtectedRecord): Uint8Array {
    const length = record.fragment.length - this.#cipher.macLength;
    if (length < 0)
      throw malformedRecord(record, `needs ${this.#cipher.macLength}, has ${record.fragment.length}`);
    const encrypted = record.fragment.subarray(0, length);
    this.#verify(record, encrypted, record.fragment.subarray(length));
    return unpadded(record, this.#decrypt(record, encrypted));
  }

  #decryptThenVerify(record: ProtectedRecord): Uint8Array {
    const opened = unpadded(record, this.#decrypt(record, record.fragment));
    const length = opened.length - this.#cipher.macLength;
    if (length < 0) throw malformedRecord(record, "has no room for its MAC", "mac");
    const content = opened.subarray(0, length);
    this.#verify(record, content, opened.subarray(length));
    return content;
  }

  #verify(record: ProtectedRecord, covered: Uint8Array, mac: Uint8Array): void {
    const expected = recordMac(this.#cipher.mac, this.#keys.macKey, this.sequence, record, covered);
    if (!expected.equals(mac)) throw malformedRecord(record, "does not verify under these keys", "mac");
  }

  /** The IV, then whole blocks, at least one. */
  #decrypt(record: ProtectedRecord, encrypted: Uint8Array): Uint8Array {
    if (encrypted.length < 2 * BLOCK || encrypted.length % BLOCK !== 0) {
      throw malformedRecord(record, `has ${encrypted.length}, needs an IV and whole blocks of ${BLOCK}`);
    }
    const iv = encrypted.subarray(0, BLOCK);
    const decipher = createDecipheriv(this.#cipher.cipher, this.#keys.key, iv).setAutoPadding(false);
    return Buffer.concat([decipher.update(encrypted.subarray(BLOCK)), decipher.final()]);
  }
}

/** The last byte says how many of the same stand in front of it. RFC 5246 §6.2.3.2. */
function unpadded(record: ProtectedRecord, padded: Uint8Array): Uint8Array {
  const padding = padded.at(-1) ?? 0;
  const end = padded.length - 1 - padding;
  if (end < 0 || padded.subarray(end).some((byte) => byte !== padding)) {
    throw malformedRecord(record, "is not the padding it says", "padding");
  }
  return padded.subarray(0, end);
}
