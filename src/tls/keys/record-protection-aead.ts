import { createDecipheriv } from "node:crypto";
import type { AeadCipher } from "./tls12-suite.ts";

/** One use of an AEAD. RFC 5116 §2.2. */
export interface SealedBytes {
  readonly aead: AeadCipher["aead"];
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly additionalData: Uint8Array;
  /** The ciphertext with the tag at its end. */
  readonly sealed: Uint8Array;
  readonly tagLength: number;
}

/** What was sealed; undefined when the tag does not verify or is not there. RFC 5116 §2.2. */
export function openSealed(input: SealedBytes): Uint8Array | undefined {
  const { tagLength, sealed } = input;
  const length = sealed.length - tagLength;
  if (length < 0) return undefined;
  try {
    // The families share this surface at run time; their types differ in what is optional.
    const decipher = createDecipheriv(input.aead as "aes-128-ccm", input.key, input.nonce, {
      authTagLength: tagLength,
    });
    decipher.setAuthTag(sealed.subarray(length));
    decipher.setAAD(input.additionalData, { plaintextLength: length });
    const opened = decipher.update(sealed.subarray(0, length));
    decipher.final();
    return opened;
  } catch {
    return undefined;
  }
}

/** The IV with the record's number, 64 bits, XORed into its end. RFC 8446 §5.3, RFC 7905 §2. */
export function recordNonce(iv: Uint8Array, sequence: number): Uint8Array {
  const nonce = new Uint8Array(iv);
  for (let at = nonce.length - 1, rest = sequence; rest > 0; at--, rest = Math.floor(rest / 256))
    nonce[at]! ^= rest % 256;
  return nonce;
}
