import { parseBase64 } from "./base64.ts";
import { percentDecoded } from "./percent-decoded.ts";

/**
 * Traefik's field: DER in base64, all that the client sent, with commas between them, percent-encoded before 2.9.2. Only
 * the key of the first is proven. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED.
 */
export function parseChainField(text: string): Uint8Array {
  const all = percentDecoded(text);
  const comma = all.indexOf(",");
  return parseBase64(comma === -1 ? all : all.slice(0, comma));
}
