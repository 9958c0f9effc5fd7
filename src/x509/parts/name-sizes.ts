import { readingCertificate } from "./certificate-malformed.ts";
import { DerReader, sameBytes, TAG } from "../der/der.ts";
import { SUBJECT_ALT_NAME } from "./extensions.ts";

/** The content of the OID 2.5.29.30. */
const NAME_CONSTRAINTS = Uint8Array.of(0x55, 0x1d, 0x1e);
const VERSION = 0xa0;
const ISSUER_UNIQUE_ID = 0x81;
const SUBJECT_UNIQUE_ID = 0x82;
const EXTENSIONS = 0xa3;

/** How much a certificate says of names, in bytes. */
export interface NameSizes {
  /** Its own: the subject and all alternative names. */
  readonly names: number;
  /** Which names those below it may have. RFC 5280 §4.2.1.10. */
  readonly constraints: number;
}

/** Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED for what cannot be read. */
export function readNameSizes(der: Uint8Array): NameSizes {
  return readingCertificate(() => read(der));
}

function read(der: Uint8Array): NameSizes {
  const certificate = new DerReader(der, "x509").inside(TAG.SEQUENCE, "certificate");
  const tbs = certificate.inside(TAG.SEQUENCE, "tbsCertificate");
  tbs.skipOptional(VERSION, "version");
  tbs.skip(TAG.INTEGER, "serialNumber");
  for (const field of ["signature", "issuer", "validity"]) tbs.skip(TAG.SEQUENCE, field);
  let names = tbs.content(TAG.SEQUENCE, "subject").length;
  let constraints = 0;
  tbs.skip(TAG.SEQUENCE, "subjectPublicKeyInfo");
  tbs.skipOptional(ISSUER_UNIQUE_ID, "issuerUniqueID");
  tbs.skipOptional(SUBJECT_UNIQUE_ID, "subjectUniqueID");
  if (tbs.isEmpty) return { names, constraints };
  const extensions = tbs.inside(EXTENSIONS, "extensions").inside(TAG.SEQUENCE, "extensions");
  while (!extensions.isEmpty) {
    const extension = extensions.inside(TAG.SEQUENCE, "extension");
    const oid = extension.content(TAG.OID, "extnID");
    extension.skipOptional(TAG.BOOLEAN, "critical");
    const { length } = extension.content(TAG.OCTET_STRING, "extnValue");
    if (sameBytes(oid, SUBJECT_ALT_NAME)) names += length;
    else if (sameBytes(oid, NAME_CONSTRAINTS)) constraints += length;
  }
  return { names, constraints };
}
