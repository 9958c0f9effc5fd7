import { ByteReader } from "../../../bytes/byte-reader.ts";
import { EXTENSION_TYPE } from "../../code-points/code-points-extensions.ts";
import { namesSignatureAlgorithm, type HandshakeVersion } from "../../code-points/code-points-version.ts";
import { parseCertificateAuthorities } from "../extensions/certificate-authorities.ts";
import { parseByteCodes, parseCodePoints } from "../parts/code-point-list.ts";
import { type Extension, parseExtensions } from "../parts/extension.ts";
import { parseOpaque } from "../parts/opaque.ts";

/** What a certificate is asked for with; what a version does not have is empty. RFC 8446 §4.3.2, RFC 5246 §7.4.4. */
export interface CertificateRequest {
  /** Empty except in post-handshake authentication. */
  readonly requestContext: Uint8Array;
  /** Until TLS 1.2. */
  readonly certificateTypes: readonly number[];
  readonly signatureAlgorithms: readonly number[];
  readonly signatureAlgorithmsCert: readonly number[];
  /** Distinguished names, each as DER; none means any authority. */
  readonly certificateAuthorities: readonly Uint8Array[];
  /** Algorithms the client may compress its certificate with. RFC 8879 §3. */
  readonly compressCertificate: readonly number[];
  readonly extensions: readonly Extension[];
}

const NOTHING: CertificateRequest = {
  requestContext: new Uint8Array(0),
  certificateTypes: [],
  signatureAlgorithms: [],
  signatureAlgorithmsCert: [],
  certificateAuthorities: [],
  compressCertificate: [],
  extensions: [],
};

/** RFC 8446 §4.3.2, RFC 5246 §7.4.4. */
export function parseCertificateRequest(body: Uint8Array, version: HandshakeVersion): CertificateRequest {
  const message = new ByteReader(body, "certificate_request");
  const request = version === "TLSv1.3" ? parseTls13(message) : parseTls12(message, version);
  message.end();
  return request;
}

function parseTls12(message: ByteReader, version: HandshakeVersion): CertificateRequest {
  const certificateTypes = parseByteCodes(message, "certificate_types");
  const signatureAlgorithms = namesSignatureAlgorithm(version)
    ? parseCodePoints(message, 2, "supported_signature_algorithms")
    : [];
  const certificateAuthorities = parseCertificateAuthorities(message);
  return { ...NOTHING, certificateTypes, signatureAlgorithms, certificateAuthorities };
}

function parseTls13(message: ByteReader): CertificateRequest {
  const requestContext = parseOpaque(message, 1, "certificate_request_context");
  const known: Known = {};
  const extensions = parseExtensions(message, (type, extension) => parseKnown(type, extension, known));
  return { ...NOTHING, requestContext, extensions, ...known };
}

type Known = Partial<{
  -readonly [Name in Exclude<keyof CertificateRequest, "extensions">]: CertificateRequest[Name];
}>;

function parseKnown(type: number, body: ByteReader, known: Known): boolean {
  switch (type) {
    case EXTENSION_TYPE.signature_algorithms:
      known.signatureAlgorithms = parseCodePoints(body, 2, "supported_signature_algorithms");
      return true;
    case EXTENSION_TYPE.signature_algorithms_cert:
      known.signatureAlgorithmsCert = parseCodePoints(body, 2, "supported_signature_algorithms");
      return true;
    case EXTENSION_TYPE.certificate_authorities:
      known.certificateAuthorities = parseCertificateAuthorities(body);
      return true;
    case EXTENSION_TYPE.compress_certificate:
      known.compressCertificate = parseCodePoints(body, 1, "algorithms");
      return true;
    default:
      return false;
  }
}
