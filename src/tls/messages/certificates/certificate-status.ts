import { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseOpaque } from "../parts/opaque.ts";

/** RFC 6066 §8. */
export interface CertificateStatus {
  readonly statusType: number;
  /** DER of the OCSPResponse; what follows the type as it is when that is not OCSP's. */
  readonly response: Uint8Array;
}

const OCSP = 1;

/** RFC 6066 §8. */
export function parseCertificateStatus(body: Uint8Array): CertificateStatus {
  const message = new ByteReader(body, "certificate_status");
  const statusType = message.uint8("status_type");
  const response = statusType === OCSP ? parseOpaque(message, 3, "ocsp_response") : message.rest();
  message.end();
  return { statusType, response };
}
