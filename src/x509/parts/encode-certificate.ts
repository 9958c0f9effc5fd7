import { TAG } from "../der/der.ts";
import { encodeDer } from "../der/encode-der.ts";
import { encodeTime } from "../der/time.ts";

/** One extension (RFC 5280 §4.1.2.9). */
export interface RawExtension {
  /** The OID's content in DER, without tag and length. */
  readonly oid: Uint8Array;
  readonly isCritical: boolean;
  /** DER, of whatever it holds. */
  readonly value: Uint8Array;
}

/** What a certificate says that its own key signs. */
export interface CertificateContent {
  /** The content of a positive INTEGER. */
  readonly serial: Uint8Array;
  /** How it is going to be signed: DER AlgorithmIdentifier. */
  readonly algorithm: Uint8Array;
  /** DER Name, which is the issuer's as well. */
  readonly subject: Uint8Array;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  readonly extensions: readonly RawExtension[];
}

const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
const VERSION_3 = encodeDer(VERSION, encodeDer(TAG.INTEGER, Uint8Array.of(2)));
const TRUE = encodeDer(TAG.BOOLEAN, Uint8Array.of(0xff));

/**
 * The bytes that are to be signed (RFC 5280 §4.1). Nothing here is Node's, and no key is needed: who has it signs, at once
 * or after a while, and hands the signature to `encodeCertificate`.
 */
export function encodeTbsCertificate(content: CertificateContent): Uint8Array {
  const { serial, algorithm, subject, notBefore, notAfter, spki, extensions } = content;
  const all = extensions.map((extension) => encodeExtension(extension));
  return encodeDer(
    TAG.SEQUENCE,
    VERSION_3,
    encodeDer(TAG.INTEGER, serial),
    algorithm,
    subject,
    encodeDer(TAG.SEQUENCE, encodeTime(notBefore), encodeTime(notAfter)),
    subject,
    spki,
    ...(all.length === 0 ? [] : [encodeDer(EXTENSIONS, encodeDer(TAG.SEQUENCE, ...all))]),
  );
}

/** The certificate, in DER. */
export function encodeCertificate(tbs: Uint8Array, algorithm: Uint8Array, signature: Uint8Array): Uint8Array {
  const bits = encodeDer(TAG.BIT_STRING, Uint8Array.of(0), signature);
  return encodeDer(TAG.SEQUENCE, tbs, algorithm, bits);
}

function encodeExtension({ oid, isCritical, value }: RawExtension): Uint8Array {
  const critical = isCritical ? [TRUE] : [];
  return encodeDer(TAG.SEQUENCE, encodeDer(TAG.OID, oid), ...critical, encodeDer(TAG.OCTET_STRING, value));
}
