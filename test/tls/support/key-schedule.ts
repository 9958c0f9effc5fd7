import { hash as digest } from "node:crypto";
import { hmac } from "../../../src/tls/keys/hmac.ts";
import type { Tls13Suite } from "../../../src/tls/keys/tls13-suite.ts";
import { expandLabel, HASH_LENGTH } from "../../../src/tls/keys/traffic-keys.ts";

type Hash = Tls13Suite["hash"];

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
function extract(hash: Hash, salt: Uint8Array, keyingMaterial: Uint8Array): Uint8Array {
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
