import { ByteReader } from "../../../bytes/byte-reader.ts";
import type { HandshakeVersion } from "../../code-points/code-points-version.ts";
import { type DigitallySigned, parseDigitallySigned } from "../parts/signature.ts";

/** The proof that the sender holds the key of its certificate. RFC 8446 §4.4.3, RFC 5246 §7.4.8. */
export type CertificateVerify = DigitallySigned;

/** RFC 8446 §4.4.3, RFC 5246 §7.4.8. */
export function parseCertificateVerify(body: Uint8Array, version: HandshakeVersion): CertificateVerify {
  const message = new ByteReader(body, "certificate_verify");
  const signed = parseDigitallySigned(message, version);
  message.end();
  return signed;
}
