import { createHmac } from "node:crypto";
import type { Tls13Suite } from "./tls13-suite.ts";

/** What protects the records of one direction. */
export interface TrafficKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

const IV_LENGTH = 12;

/** The write key and IV that follow from a traffic secret. RFC 8446 §7.3. */
export function trafficKeys(secret: Uint8Array, suite: Tls13Suite): TrafficKeys {
  return {
    key: expandLabel(secret, suite.hash, "key", suite.keyLength),
    iv: expandLabel(secret, suite.hash, "iv", IV_LENGTH),
  };
}

/** HKDF-Expand-Label (RFC 8446 §7.1), for at most one block of the hash (RFC 5869 §2.3). */
export function expandLabel(
  secret: Uint8Array,
  hash: Tls13Suite["hash"],
  label: string,
  length: number,
  context: Uint8Array = new Uint8Array(),
): Uint8Array {
  const name = Buffer.from(`tls13 ${label}`, "ascii");
  const hkdfLabel = Buffer.concat([
    Uint8Array.of(length >> 8, length & 0xff, name.length),
    name,
    Uint8Array.of(context.length),
    context,
  ]);
  return createHmac(hash, secret).update(hkdfLabel).update(Uint8Array.of(1)).digest().subarray(0, length);
}
