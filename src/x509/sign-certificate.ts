import { type KeyObject, randomBytes } from "node:crypto";
import { toPem } from "./certificate-description.ts";
import { type CertificateFacts, readCertificate } from "./certificate-facts.ts";
import {
  type CertificateContent,
  encodeCertificate,
  encodeTbsCertificate,
} from "./parts/encode-certificate.ts";
import { signWith } from "./key-signature.ts";
import type { KeyType } from "./parts/public-key-info.ts";
import { signatureAlgorithmOf } from "./parts/signature-algorithm.ts";

export interface SignedCertificate {
  readonly certificatePem: string;
  readonly facts: CertificateFacts;
}

/** Signs at once, with a key at hand. Throws what `signWith` throws. */
export function signCertificate(
  content: Omit<CertificateContent, "serial" | "algorithm">,
  type: KeyType,
  privateKey: KeyObject,
): SignedCertificate {
  const algorithm = signatureAlgorithmOf(type);
  const tbs = encodeTbsCertificate({ ...content, algorithm, serial: positiveSerial() });
  const der = encodeCertificate(tbs, algorithm, signWith(type, privateKey, tbs));
  return { certificatePem: toPem(der), facts: readCertificate(der) };
}

/** 16 random bytes, positive and with no leading zero (RFC 5280 §4.1.2.2). */
function positiveSerial(): Uint8Array {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}
