import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseOpaque } from "../parts/opaque.ts";

/** Which status a client asks for; the request itself only for OCSP. RFC 6066 §8. */
export interface StatusRequest {
  readonly statusType: number;
  readonly responderIds: readonly Uint8Array[];
  readonly requestExtensions: Uint8Array;
}

const OCSP = 1;

/** RFC 6066 §8. */
export function parseStatusRequest(extension: ByteReader): StatusRequest {
  const statusType = extension.uint8("status_type");
  if (statusType !== OCSP) return { statusType, responderIds: [], requestExtensions: extension.rest() };
  const list = extension.vector(2, "responder_id_list");
  const responderIds: Uint8Array[] = [];
  while (!list.isEmpty) responderIds.push(parseOpaque(list, 2, "responder_id"));
  return { statusType, responderIds, requestExtensions: parseOpaque(extension, 2, "request_extensions") };
}
