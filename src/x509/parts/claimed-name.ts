import { isHandclaspError } from "../../errors.ts";
import { DerReader, sameBytes, TAG } from "../der/der.ts";

/** The content of the OID 2.5.4.3. */
const COMMON_NAME = Uint8Array.of(0x55, 0x04, 0x03);

/** GeneralName tags (RFC 5280 §4.2.1.6), the first to be taken first. */
const URI = 0x86;
const DNS = 0x82;
const EMAIL = 0x81;

/** Where strings come in a DirectoryString (RFC 5280 §4.1.2.4). */
const UTF8_STRING = 0x0c;
/** No DirectoryString, but in certificates for machines. */
const NUMERIC_STRING = 0x12;
const PRINTABLE_STRING = 0x13;
const TELETEX_STRING = 0x14;
const IA5_STRING = 0x16;
const UNIVERSAL_STRING = 0x1c;
const BMP_STRING = 0x1e;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What a certificate calls its owner, or why that cannot be read. */
export interface ClaimedName {
  /** First SAN URI, else SAN DNS, else SAN e-mail, else the subject's CN: hostile text, not yet looked at. */
  readonly claimedName: string | undefined;
  /** Why nobody can say what it claims, where that is so; `claimedName` is undefined then. A certificate that claims nothing has none. */
  readonly nameProblem: string | undefined;
}

/** A name that cannot be read is a fact that is missing, not a fault of the certificate. */
export function readClaimedName(read: () => string | undefined): ClaimedName {
  try {
    return { claimedName: read(), nameProblem: undefined };
  } catch (error) {
    if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
    return { claimedName: undefined, nameProblem: error.message };
  }
}

/** The subject's CN; undefined when there is none. More than one is malformed: which of them would be the name? */
export function readCommonName(subject: DerReader): () => string | undefined {
  let found: { tag: number; content: Uint8Array } | undefined;
  let count = 0;
  while (!subject.isEmpty) {
    const rdn = subject.inside(TAG.SET, "rdn");
    while (!rdn.isEmpty) {
      const attribute = rdn.inside(TAG.SEQUENCE, "attribute");
      const isCommonName = sameBytes(attribute.content(TAG.OID, "type"), COMMON_NAME);
      const value = attribute.next("value");
      attribute.end();
      if (!isCommonName) continue;
      found = value;
      count++;
    }
  }
  return () => {
    if (found === undefined) return undefined;
    if (count > 1) throw subject.malformed(`has ${count} common names`);
    return decode(subject, found.tag, found.content);
  };
}

/** The first URI, else DNS name, else e-mail address in a SubjectAltName (RFC 5280 §4.2.1.6). */
export function readAlternativeName(subjectAltName: Uint8Array): string | undefined {
  const reader = new DerReader(subjectAltName, "certificate.subjectAltName");
  const names = reader.inside(TAG.SEQUENCE, "generalNames");
  reader.end();
  const first: { [tag: number]: Uint8Array } = {};
  while (!names.isEmpty) {
    const { tag, content } = names.next("generalName");
    if (tag === URI || tag === DNS || tag === EMAIL) first[tag] ??= content;
  }
  const chosen = first[URI] ?? first[DNS] ?? first[EMAIL];
  return chosen && decode(names, IA5_STRING, chosen);
}

function decode(reader: DerReader, tag: number, content: Uint8Array): string {
  switch (tag) {
    case UTF8_STRING:
      return decodeUtf8(reader, content);
    case NUMERIC_STRING:
    case PRINTABLE_STRING:
    case IA5_STRING:
      if (content.some((byte) => byte >= 0x80))
        throw reader.malformed("has a character beyond ASCII", "string");
      return Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
    case TELETEX_STRING:
      return Buffer.from(content.buffer, content.byteOffset, content.length).toString("latin1");
    case BMP_STRING:
      return decodeUnits(reader, content, 2);
    case UNIVERSAL_STRING:
      return decodeUnits(reader, content, 4);
    default:
      throw reader.malformed(`has tag 0x${tag.toString(16)}, which is no string`, "string");
  }
}

function decodeUtf8(reader: DerReader, content: Uint8Array): string {
  try {
    return utf8.decode(content);
  } catch {
    throw reader.malformed("is not UTF-8", "string");
  }
}

function decodeUnits(reader: DerReader, content: Uint8Array, size: 2 | 4): string {
  if (content.length % size !== 0) throw reader.malformed(`is not in units of ${size} bytes`, "string");
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const parts: string[] = [];
  for (let at = 0; at < content.length; at += size) {
    const unit = size === 2 ? view.getUint16(at) : view.getUint32(at);
    if (unit > 0x10ffff || (unit >= 0xd800 && unit <= 0xdfff))
      throw reader.malformed("has no such character", "string");
    parts.push(String.fromCodePoint(unit));
  }
  return parts.join("");
}
