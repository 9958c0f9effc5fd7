import type { Randoms } from "../../../src/tls/keys/tls12-key-schedule.ts";
import { type PrfHash, prf } from "../../../src/tls/keys/tls12-prf.ts";

const MASTER_SECRET_LENGTH = 48;
const VERIFY_DATA_LENGTH = 12;

/** The master secret without the extension of RFC 7627. RFC 5246 §8.1. */
export function masterSecret(premaster: Uint8Array, hash: PrfHash, randoms: Randoms): Uint8Array {
  const seed = Buffer.concat([randoms.client, randoms.server]);
  return prf(premaster, hash, "master secret", seed, MASTER_SECRET_LENGTH);
}

/** The master secret bound to the hash of the messages up to ClientKeyExchange. RFC 7627 §4. */
export function extendedMasterSecret(
  premaster: Uint8Array,
  hash: PrfHash,
  sessionHash: Uint8Array,
): Uint8Array {
  return prf(premaster, hash, "extended master secret", sessionHash, MASTER_SECRET_LENGTH);
}

/** What a Finished message holds, over the hash of the handshake so far. RFC 5246 §7.4.9. */
export function tls12VerifyData(
  master: Uint8Array,
  hash: PrfHash,
  sender: "client" | "server",
  handshakeHash: Uint8Array,
): Uint8Array {
  return prf(master, hash, `${sender} finished`, handshakeHash, VERIFY_DATA_LENGTH);
}
