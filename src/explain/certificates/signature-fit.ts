import { SIGNATURE_SCHEMES } from "../../tls/code-points/code-points-signature-schemes.ts";
import type { ShownKey } from "./shown-key.ts";

const SCHEMES: Readonly<Partial<Record<ShownKey["family"], RegExp>>> = {
  RSA: /^rsa_(?:pkcs1|pss_rsae)_/,
  "RSA-PSS": /^rsa_pss_pss_/,
  EC: /^ecdsa_/,
  EdDSA: /^ed(?:25519|448)$/,
  "ML-DSA": /^mldsa/,
  DSA: /^dsa_/,
};

/** Whether a key of this kind can sign with any of the algorithms; yes of a kind that is not known here. */
export function canSign(family: ShownKey["family"], algorithms: readonly number[]): boolean {
  const scheme = SCHEMES[family];
  if (scheme === undefined || algorithms.length === 0) return true;
  return algorithms.some((code) => scheme.test(SIGNATURE_SCHEMES.name(code) ?? ""));
}
