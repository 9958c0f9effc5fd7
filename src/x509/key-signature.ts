import { constants, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { HandclaspError } from "../errors.ts";
import type { KeyType } from "./parts/public-key-info.ts";

/** What a key of a type hashes before it signs: null is nothing. Its algorithm is named in `signature-algorithm.ts`. */
const DIGESTS: Readonly<Record<KeyType, string | null>> = {
  p256: "sha256",
  p384: "sha384",
  p521: "sha512",
  rsa: "sha256",
  "rsa-pss": "sha256",
  ed25519: null,
  ed448: null,
  "ml-dsa-44": null,
  "ml-dsa-65": null,
  "ml-dsa-87": null,
};
const SALT_BYTES = 32;

/**
 * ECDSA in DER with the hash of the curve's size, PKCS #1 v1.5 or PSS with SHA-256, EdDSA and ML-DSA pure. Throws
 * ERR_HANDCLASP_KEY_UNSUPPORTED for an RSA-PSS key whose parameters forbid SHA-256.
 */
export function signWith(type: KeyType, key: KeyObject, data: Uint8Array): Uint8Array {
  try {
    return sign(DIGESTS[type], data, { key, ...padding(type) });
  } catch (error) {
    throw new HandclaspError("ERR_HANDCLASP_KEY_UNSUPPORTED", `the ${type} key cannot sign`, {
      hint: "an RSA-PSS key may be bound to another hash than SHA-256 by its parameters",
      cause: error,
    });
  }
}

/** Whether the key in a DER SubjectPublicKeyInfo made the signature. False too for a key that is none; never throws. */
export function isSignedBy(
  type: KeyType,
  spki: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    return verify(DIGESTS[type], data, { key, ...padding(type) }, signature);
  } catch {
    return false;
  }
}

function padding(type: KeyType): { readonly padding?: number; readonly saltLength?: number } {
  return type === "rsa-pss" ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES } : {};
}
