import { ByteReader } from "../../../bytes/byte-reader.ts";
import { CERTIFICATE_TYPE } from "../../code-points/code-points.ts";
import type { HandshakeVersion } from "../../code-points/code-points-version.ts";
import { type Extension, parseExtensions, parseNoExtension } from "../parts/extension.ts";
import { parseOpaque } from "../parts/opaque.ts";

const DER_SEQUENCE = 0x30;
const DER_OID = 0x06;

/** RFC 8446 §4.4.2, RFC 5246 §7.4.2. */
export interface CertificateMessage {
  /** Empty except in post-handshake authentication, and until TLS 1.2. */
  readonly requestContext: Uint8Array;
  /** The sender's own first; empty when a client has none to show, and when a public key stands in their place. */
  readonly entries: readonly CertificateEntry[];
  /** DER of a SubjectPublicKeyInfo, where raw public keys were negotiated and there is one. RFC 7250 §3. */
  readonly publicKey?: Uint8Array;
}

/** RFC 8446 §4.4.2. */
export interface CertificateEntry {
  /** DER. */
  readonly certificate: Uint8Array;
  /** An OCSP response, certificate timestamps; none until TLS 1.2. */
  readonly extensions: readonly Extension[];
}

/**
 * RFC 8446 §4.4.2, RFC 5246 §7.4.2. The request context is empty except in post-handshake authentication. `type` is what
 * was negotiated for the sender: a certificate of X.509, or a raw public key; where that is not known, until TLS 1.2 the
 * message itself tells (RFC 7250 §3).
 */
export function parseCertificateMessage(
  body: Uint8Array,
  version: HandshakeVersion,
  type?: number,
): CertificateMessage {
  const message = new ByteReader(body, "certificate");
  const requestContext =
    version === "TLSv1.3" ? parseOpaque(message, 1, "certificate_request_context") : new Uint8Array(0);
  const list = message.vector(3, "certificate_list");
  if (
    version !== "TLSv1.3" &&
    (type === CERTIFICATE_TYPE.RawPublicKey || (type === undefined && isKey(list)))
  )
    return { requestContext, ...parseRawKey(message, list) };
  const entries: CertificateEntry[] = [];
  while (!list.isEmpty) entries.push(parseEntry(list, version));
  message.end();
  const [first] = entries;
  const isRawKey = type === CERTIFICATE_TYPE.RawPublicKey || (type === undefined && isPublicKey(first));
  if (!isRawKey || first === undefined) return { requestContext, entries };
  if (entries.length > 1) throw list.malformed(`has ${entries.length} keys, not one`);
  return { requestContext, entries: [], publicKey: first.certificate };
}

/** In place of the list, the key alone, which may be missing. RFC 7250 §3. */
function parseRawKey(message: ByteReader, list: ByteReader): Omit<CertificateMessage, "requestContext"> {
  message.end();
  return list.isEmpty ? { entries: [] } : { entries: [], publicKey: list.rest() };
}

/** A SubjectPublicKeyInfo begins with an algorithm, whose first part is an OID; a TBSCertificate's is none. RFC 5280 §4.1. */
function isPublicKey(entry: CertificateEntry | undefined): boolean {
  const der = entry?.certificate ?? new Uint8Array();
  const inner = contentAt(der, 0);
  return der[inner] === DER_SEQUENCE && der[contentAt(der, inner)] === DER_OID;
}

/** Where the content of the value begins that stands there. */
function contentAt(der: Uint8Array, at: number): number {
  const length = der[at + 1] ?? 0;
  return at + 2 + (length > 0x80 ? length - 0x80 : 0);
}

/** DER's SEQUENCE, where a length of three bytes would be larger than any message that is kept. */
function isKey(list: ByteReader): boolean {
  return list.peek() === DER_SEQUENCE;
}

function parseEntry(list: ByteReader, version: HandshakeVersion): CertificateEntry {
  const certificate = parseOpaque(list, 3, "cert_data");
  return { certificate, extensions: version === "TLSv1.3" ? parseExtensions(list, parseNoExtension) : [] };
}
