import { hmac } from "./hmac.ts";
import type { Tls13Suite } from "./tls13-suite.ts";

/** What protects the records of one direction. */
export interface TrafficKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** Bytes in a digest, which is how long every secret of the key schedule is. RFC 8446 §7.1. */
export const HASH_LENGTH: Readonly<Record<Tls13Suite["hash"], number>> = { sha256: 32, sha384: 48 };

const IV_LENGTH = 12;
const KEY_INFO = { 16: expandInfo("key", 16), 32: expandInfo("key", 32) } as const;
const IV_INFO = expandInfo("iv", IV_LENGTH);

/** The write key and IV that follow from a traffic secret. RFC 8446 §7.3. */
export function trafficKeys(secret: Uint8Array, { hash, keyLength }: Tls13Suite): TrafficKeys {
  return {
    key: hmac(hash, secret, KEY_INFO[keyLength]).subarray(0, keyLength),
    iv: hmac(hash, secret, IV_INFO).subarray(0, IV_LENGTH),
  };
}

/** The traffic secret after a KeyUpdate; key logs do not number it, so it has to be derived. RFC 8446 §7.2. */
export function nextTrafficSecret(secret: Uint8Array, hash: Tls13Suite["hash"]): Uint8Array {
  return expandLabel(secret, hash, "traffic upd", HASH_LENGTH[hash]);
}

/** HKDF-Expand-Label (RFC 8446 §7.1), for at most one block of the hash (RFC 5869 §2.3). */
export function expandLabel(
  secret: Uint8Array,
  hash: Tls13Suite["hash"],
  label: string,
  length: number,
  context: Uint8Array = new Uint8Array(),
): Uint8Array {
  return hmac(hash, secret, expandInfo(label, length, context)).subarray(0, length);
}

/** The HkdfLabel (RFC 8446 §7.1) and the number of the first block (RFC 5869 §2.3). */
function expandInfo(label: string, length: number, context: Uint8Array = new Uint8Array()): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`, "ascii");
  return Buffer.concat([
    Uint8Array.of(length >> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(context.length),
    context,
    Uint8Array.of(1),
  ]);
}
