import { DerReader, sameBytes, TAG } from "../der/der.ts";

/** AttributeType 2.5.4.3 as it is encoded. */
const COMMON_NAME = Uint8Array.of(0x55, 0x04, 0x03);
const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;
const VERSION = 0xa0;
/** What nobody writes otherwise in a line: nothing in it is escaped (RFC 4514 §2.4). */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._@:/-]*$/;

/**
 * `CN=anna` of a certificate whose subject is one common name of plain characters, as most are: far cheaper than asking
 * OpenSSL. Undefined for any other. Throws ERR_HANDCLASP_MALFORMED for what is no certificate.
 */
export function readPlainSubject(der: Uint8Array): string | undefined {
  const tbs = new DerReader(der, "x509")
    .inside(TAG.SEQUENCE, "certificate")
    .inside(TAG.SEQUENCE, "tbsCertificate");
  tbs.skipOptional(VERSION, "version");
  tbs.skip(TAG.INTEGER, "serialNumber");
  tbs.skip(TAG.SEQUENCE, "signature");
  tbs.skip(TAG.SEQUENCE, "issuer");
  tbs.skip(TAG.SEQUENCE, "validity");
  const subject = tbs.inside(TAG.SEQUENCE, "subject");
  if (subject.isEmpty) return undefined;
  const rdn = subject.inside(TAG.SET, "rdn");
  const attribute = rdn.inside(TAG.SEQUENCE, "attribute");
  if (!subject.isEmpty || !rdn.isEmpty) return undefined;
  if (!sameBytes(attribute.content(TAG.OID, "type"), COMMON_NAME)) return undefined;
  const { tag, content } = attribute.next("value");
  if (tag !== UTF8_STRING && tag !== PRINTABLE_STRING) return undefined;
  const name = Buffer.from(content).toString("latin1");
  return PLAIN.test(name) ? `CN=${name}` : undefined;
}
