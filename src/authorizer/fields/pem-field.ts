import { parseBase64 } from "./base64.ts";
import { malformedField } from "./malformed-field.ts";
import { percentDecoded } from "./percent-decoded.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----";
const END = "-----END CERTIFICATE-----";

/**
 * One certificate as PEM (RFC 7468 §5), percent-encoded as nginx writes it, or with spaces for line breaks as Apache
 * does. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED.
 */
export function parsePemField(text: string): Uint8Array {
  const pem = percentDecoded(text).trim();
  if (!pem.startsWith(BEGIN) || !pem.endsWith(END) || pem.length < BEGIN.length + END.length) {
    throw malformedField("the field has no certificate as PEM, and nothing but that");
  }
  return parseBase64(pem.slice(BEGIN.length, -END.length).replaceAll(/\s/g, ""));
}
