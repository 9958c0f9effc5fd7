import { prf } from "./tls12-prf.ts";
import type { Tls12Suite } from "./tls12-suite.ts";

/** The randoms of the two hellos, 32 bytes each. RFC 5246 §7.4.1. */
export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/** What protects the records of one direction; `iv` is the fixed part of the nonce, empty for block ciphers. RFC 5246 §6.3. */
export interface Tls12WriteKeys {
  readonly macKey: Uint8Array;
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
}

/** Which side's records the keys protect. */
export interface Tls12Keys {
  readonly client: Tls12WriteKeys;
  readonly server: Tls12WriteKeys;
}

/** The key block, cut up. It is the same whichever way the master secret was made. RFC 5246 §6.3. */
export function tls12Keys(master: Uint8Array, suite: Tls12Suite, randoms: Randoms): Tls12Keys {
  const { cipher } = suite;
  const { keyLength } = cipher;
  const macLength = cipher.mode === "aead" ? 0 : cipher.macLength;
  const ivLength = cipher.mode === "aead" ? cipher.fixedIvLength : 0;
  const seed = Buffer.concat([randoms.server, randoms.client]);
  const block = prf(master, suite.hash, "key expansion", seed, 2 * (macLength + keyLength + ivLength));
  let at = 0;
  const take = (length: number): Uint8Array => block.subarray(at, (at += length));
  const macKeys = [take(macLength), take(macLength)] as const;
  const keys = [take(keyLength), take(keyLength)] as const;
  const ivs = [take(ivLength), take(ivLength)] as const;
  return {
    client: { macKey: macKeys[0], key: keys[0], iv: ivs[0] },
    server: { macKey: macKeys[1], key: keys[1], iv: ivs[1] },
  };
}
