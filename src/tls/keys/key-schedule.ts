import { hash as digest } from "node:crypto";
import { hmac } from "./hmac.ts";
import type { Tls13Suite } from "./tls13-suite.ts";
import { expandLabel } from "./traffic-keys.ts";

type Hash = Tls13Suite["hash"];

/** Bytes in a digest, which is how long every secret of the key schedule is. RFC 8446 §7.1. */
export const HASH_LENGTH: Readonly<Record<Hash, number>> = { sha256: 32, sha384: 48 };

/** What each label of RFC 8446 §7.1 derives: `c hs traffic` and so on. */
export type SecretPurpose =
  | "ext binder"
  | "res binder"
  | "c e traffic"
  | "e exp master"
  | "derived"
  | "c hs traffic"
  | "s hs traffic"
  | "c ap traffic"
  | "s ap traffic"
  | "exp master"
  | "res master";

/** HKDF-Extract. RFC 5869 §2.2. */
export function extract(hash: Hash, salt: Uint8Array, keyingMaterial: Uint8Array): Uint8Array {
  return hmac(hash, salt, keyingMaterial);
}

/** Derive-Secret over the hash of the messages so far. RFC 8446 §7.1. */
export function deriveSecret(
  secret: Uint8Array,
  hash: Hash,
  purpose: SecretPurpose,
  transcriptHash: Uint8Array,
): Uint8Array {
  return expandLabel(secret, hash, purpose, HASH_LENGTH[hash], transcriptHash);
}

/** The Early Secret; without a pre-shared key from zeros. RFC 8446 §7.1. */
export function earlySecret(hash: Hash, presharedKey: Uint8Array = zeros(hash)): Uint8Array {
  return extract(hash, zeros(hash), presharedKey);
}

/** The Handshake Secret, from the Early Secret and what the key exchange agreed on. RFC 8446 §7.1. */
export function handshakeSecret(hash: Hash, early: Uint8Array, sharedSecret: Uint8Array): Uint8Array {
  return extract(hash, afterStage(early, hash), sharedSecret);
}

/** The Main (Master) Secret, from the Handshake Secret. RFC 8446 §7.1. */
export function mainSecret(hash: Hash, handshake: Uint8Array): Uint8Array {
  return extract(hash, afterStage(handshake, hash), zeros(hash));
}

/** The traffic secret after a KeyUpdate; key logs do not number it, so it has to be derived. RFC 8446 §7.2. */
export function nextTrafficSecret(secret: Uint8Array, hash: Hash): Uint8Array {
  return expandLabel(secret, hash, "traffic upd", HASH_LENGTH[hash]);
}

/** What a Finished message or a PSK binder holds: under the sender's traffic secret or the binder key. RFC 8446 §4.4.4. */
export function finishedVerifyData(baseKey: Uint8Array, hash: Hash, transcriptHash: Uint8Array): Uint8Array {
  const finishedKey = expandLabel(baseKey, hash, "finished", HASH_LENGTH[hash]);
  return hmac(hash, finishedKey, transcriptHash);
}

/** The pre-shared key that a ticket stands for. RFC 8446 §4.6.1. */
export function resumptionPsk(resumptionSecret: Uint8Array, hash: Hash, ticketNonce: Uint8Array): Uint8Array {
  return expandLabel(resumptionSecret, hash, "resumption", HASH_LENGTH[hash], ticketNonce);
}

function afterStage(secret: Uint8Array, hash: Hash): Uint8Array {
  return deriveSecret(secret, hash, "derived", digest(hash, new Uint8Array(), "buffer"));
}

function zeros(hash: Hash): Uint8Array {
  return new Uint8Array(HASH_LENGTH[hash]);
}
