import { createCipheriv } from "node:crypto";
import { type ProtectedRecord, pseudoHeader } from "../../../src/tls/keys/record-protection.ts";
import { recordNonce } from "../../../src/tls/keys/record-protection-aead.ts";
import type { Tls12WriteKeys } from "../../../src/tls/keys/tls12-key-schedule.ts";
import type { AeadCipher } from "../../../src/tls/keys/tls12-suite.ts";

const EXPLICIT = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);

/** A record of TLS 1.2 under an AEAD, application data unless told. RFC 5246 §6.2.3.3. */
export function sealTls12(
  cipher: AeadCipher,
  { key, iv }: Tls12WriteKeys,
  sequence: number,
  content: Uint8Array,
  type = 23,
): ProtectedRecord {
  const isExplicit = cipher.explicitNonceLength > 0;
  const nonce = isExplicit ? Buffer.concat([iv, EXPLICIT]) : recordNonce(iv, sequence);
  const about = { type, version: 0x0303, fragment: content };
  // The families share this surface at run time; their types differ in what is optional.
  const sealing = createCipheriv(cipher.aead as "aes-128-gcm", key, nonce, {
    authTagLength: cipher.tagLength,
  });
  sealing.setAAD(pseudoHeader(sequence, about, content.length));
  const sealed = Buffer.concat([sealing.update(content), sealing.final(), sealing.getAuthTag()]);
  return { ...about, fragment: isExplicit ? Buffer.concat([EXPLICIT, sealed]) : sealed };
}
