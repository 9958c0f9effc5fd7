import { ByteReader } from "../../bytes/byte-reader.ts";
import type { HandshakeVersion } from "../code-points-version.ts";
import { type Extension, parseExtensions, parseNoExtension } from "./extension.ts";
import { parseOpaque } from "./opaque.ts";

/** RFC 8446 §4.4.2, RFC 5246 §7.4.2. */
export interface CertificateMessage {
  /** Empty except in post-handshake authentication, and until TLS 1.2. */
  readonly requestContext: Uint8Array;
  /** The sender's own first; empty when a client has none to show. */
  readonly entries: readonly CertificateEntry[];
}

/** RFC 8446 §4.4.2. */
export interface CertificateEntry {
  /** DER of a certificate, or of a SubjectPublicKeyInfo where RFC 7250 was negotiated. */
  readonly certificate: Uint8Array;
  /** An OCSP response, certificate timestamps; none until TLS 1.2. */
  readonly extensions: readonly Extension[];
}

/** RFC 8446 §4.4.2, RFC 5246 §7.4.2. The request context is empty except in post-handshake authentication. */
export function parseCertificateMessage(body: Uint8Array, version: HandshakeVersion): CertificateMessage {
  const message = new ByteReader(body, "certificate");
  const requestContext =
    version === "TLSv1.3" ? parseOpaque(message, 1, "certificate_request_context") : new Uint8Array(0);
  const list = message.vector(3, "certificate_list");
  const entries: CertificateEntry[] = [];
  while (!list.isEmpty) entries.push(parseEntry(list, version));
  message.end();
  return { requestContext, entries };
}

function parseEntry(list: ByteReader, version: HandshakeVersion): CertificateEntry {
  const certificate = parseOpaque(list, 3, "cert_data");
  return { certificate, extensions: version === "TLSv1.3" ? parseExtensions(list, parseNoExtension) : [] };
}
