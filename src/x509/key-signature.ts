import { constants, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { HandclaspError } from "../errors.ts";
import type { KeyType } from "./certificate-facts.ts";

/** How keys of a type sign, in certificates and in endorsements: the type alone decides. */
interface Scheme {
  /** DER AlgorithmIdentifier (RFC 5758 §3.2, RFC 4055 §3.1 and §5, RFC 8410 §3, RFC 9881 §2). */
  readonly algorithm: Uint8Array;
  readonly digest: string | null;
  readonly pss?: true;
}

const SALT_BYTES = 32;

const SCHEMES: Readonly<Record<KeyType, Scheme>> = {
  p256: scheme("300a06082a8648ce3d040302", "sha256"),
  p384: scheme("300a06082a8648ce3d040303", "sha384"),
  p521: scheme("300a06082a8648ce3d040304", "sha512"),
  rsa: scheme("300d06092a864886f70d01010b0500", "sha256"),
  // SHA-256, MGF1 with SHA-256, a salt of 32 bytes.
  "rsa-pss": {
    ...scheme(
      "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120",
      "sha256",
    ),
    pss: true,
  },
  ed25519: scheme("300506032b6570", null),
  ed448: scheme("300506032b6571", null),
  "ml-dsa-44": scheme("300b0609608648016503040311", null),
  "ml-dsa-65": scheme("300b0609608648016503040312", null),
  "ml-dsa-87": scheme("300b0609608648016503040313", null),
};

/** The AlgorithmIdentifier of what `signWith` makes, in DER. */
export function signatureAlgorithmOf(type: KeyType): Uint8Array {
  return SCHEMES[type].algorithm;
}

/**
 * ECDSA in DER with the hash of the curve's size, PKCS #1 v1.5 or PSS with SHA-256, EdDSA and ML-DSA pure. Throws
 * ERR_HANDCLASP_KEY_UNSUPPORTED for an RSA-PSS key whose parameters forbid SHA-256.
 */
export function signWith(type: KeyType, key: KeyObject, data: Uint8Array): Uint8Array {
  try {
    return sign(SCHEMES[type].digest, data, { key, ...padding(type) });
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
    return verify(SCHEMES[type].digest, data, { key, ...padding(type) }, signature);
  } catch {
    return false;
  }
}

function padding(type: KeyType): { readonly padding?: number; readonly saltLength?: number } {
  return SCHEMES[type].pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES } : {};
}

function scheme(algorithm: string, digest: string | null): Scheme {
  return { algorithm: new Uint8Array(Buffer.from(algorithm, "hex")), digest };
}
