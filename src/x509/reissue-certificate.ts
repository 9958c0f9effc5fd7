import { createPublicKey, hash, type KeyObject } from "node:crypto";
import { readCertificate } from "./certificate-facts.ts";
import { readingCertificate } from "./parts/certificate-malformed.ts";
import { DerReader, sameBytes, TAG } from "./der/der.ts";
import type { RawExtension } from "./parts/encode-certificate.ts";
import { encodeDer } from "./der/encode-der.ts";
import { BASIC_CONSTRAINTS, EXT_KEY_USAGE, KEY_USAGE, SUBJECT_ALT_NAME } from "./parts/extensions.ts";
import { keyIdentifier } from "./parts/identity-content.ts";
import { ENDORSEMENT, JOIN_PROOF } from "./parts/private-extensions.ts";
import { type KeyType, keyTypeOf } from "./parts/public-key-info.ts";
import { signCertificate, type SignedCertificate } from "./sign-certificate.ts";
import { validityOf } from "./der/time.ts";

export interface ReissueOptions {
  /** Signs; the certificate is over its public half. */
  readonly privateKey: KeyObject;
  readonly now: Date;
  /** Default 3650. */
  readonly days?: number;
  /** The extension's value; null takes it out, undefined keeps what the old certificate has. */
  readonly joinProof?: Uint8Array | null;
  readonly endorsement?: Uint8Array | null;
}

const KEPT = [BASIC_CONSTRAINTS, EXT_KEY_USAGE, KEY_USAGE, SUBJECT_ALT_NAME];

/** Bits of the first byte of KeyUsage (RFC 5280 §4.2.1.3). */
const DIGITAL_SIGNATURE = 0x80;
/** Signatures, for whatever they are: a key of any type can make them. */
const ANY_SIGNATURE = 0xc6;

/**
 * A self-signed certificate with the subject, alternative names and usages of another, over the same key (renewal: it
 * stands in there as it did, so the pin stays) or another (rotation). What the old issuer said of itself is left out.
 * Throws what `readCertificate` throws, ERR_HANDCLASP_OPTION, and ERR_HANDCLASP_KEY_UNSUPPORTED.
 */
export function reissueCertificate(oldDer: Uint8Array, options: ReissueOptions): SignedCertificate {
  const old = readCertificate(oldDer);
  const { notBefore, notAfter } = validityOf(options.now, options.days);
  const spki = spkiOf(options.privateKey, old.spki);
  const type = readingCertificate(() => keyTypeOf(spki));
  const { subject, kept } = readingCertificate(() => partsOf(oldDer));
  const extensions = [
    ...kept.map((extension) => usableBy(type, old.keyType, extension)),
    keyIdentifier(hash("sha256", spki, "buffer")),
    ...ours(JOIN_PROOF.content, options.joinProof, old.joinProof),
    ...ours(ENDORSEMENT.content, options.endorsement, old.endorsement),
  ];
  const content = { subject, notBefore, notAfter, spki, extensions };
  return signCertificate(content, type, options.privateKey);
}

/** The old one as it stands when it is the same key: OpenSSL may write it otherwise, and that would be another pin. */
function spkiOf(privateKey: KeyObject, old: Uint8Array): Uint8Array {
  const publicKey = createPublicKey(privateKey);
  return isKey(publicKey, old) ? old : publicKey.export({ type: "spki", format: "der" });
}

function isKey(publicKey: KeyObject, spki: Uint8Array): boolean {
  try {
    return publicKey.equals(createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" }));
  } catch {
    return false;
  }
}

function partsOf(der: Uint8Array): { readonly subject: Uint8Array; readonly kept: readonly RawExtension[] } {
  const tbs = new DerReader(der, "x509").inside(TAG.SEQUENCE, "certificate").inside(TAG.SEQUENCE, "tbs");
  tbs.skipOptional(0xa0, "version");
  tbs.skip(TAG.INTEGER, "serialNumber");
  tbs.skip(TAG.SEQUENCE, "signature");
  tbs.skip(TAG.SEQUENCE, "issuer");
  tbs.skip(TAG.SEQUENCE, "validity");
  const subject = tbs.whole(TAG.SEQUENCE, "subject");
  tbs.skip(TAG.SEQUENCE, "subjectPublicKeyInfo");
  tbs.skipOptional(0x81, "issuerUniqueID");
  tbs.skipOptional(0x82, "subjectUniqueID");
  if (tbs.isEmpty) return { subject, kept: [] };
  const list = tbs.inside(0xa3, "extensions").inside(TAG.SEQUENCE, "extensions");
  const kept: RawExtension[] = [];
  while (!list.isEmpty) {
    const extension = list.inside(TAG.SEQUENCE, "extension");
    const oid = extension.content(TAG.OID, "extnID");
    const isCritical =
      extension.peek() === TAG.BOOLEAN && extension.content(TAG.BOOLEAN, "critical")[0] !== 0;
    const value = extension.content(TAG.OCTET_STRING, "extnValue");
    if (KEPT.some((one) => sameBytes(one, oid))) kept.push({ oid, isCritical, value });
  }
  return { subject, kept };
}

/** A key of another type may not be able to do what the old one was for: RSA encrypts, others do not (RFC 9881 §5). */
function usableBy(type: KeyType, oldType: KeyType, extension: RawExtension): RawExtension {
  if (type === oldType || !sameBytes(extension.oid, KEY_USAGE)) return extension;
  const bits = readingCertificate(() =>
    new DerReader(extension.value, "certificate").content(TAG.BIT_STRING, "keyUsage"),
  );
  const usage = ((bits[1] ?? 0) & ANY_SIGNATURE) | DIGITAL_SIGNATURE;
  const unused = 31 - Math.clz32(usage & -usage);
  return { ...extension, value: encodeDer(TAG.BIT_STRING, Uint8Array.of(unused, usage)) };
}

function ours(
  oid: Uint8Array,
  given: Uint8Array | null | undefined,
  old: Uint8Array | undefined,
): readonly RawExtension[] {
  const value = given === undefined ? old : given;
  return value === undefined || value === null ? [] : [{ oid, isCritical: false, value }];
}
