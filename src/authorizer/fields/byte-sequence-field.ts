import { parseBase64 } from "./base64.ts";
import { malformedField } from "./malformed-field.ts";

/** `Client-Cert` of RFC 9440 §2.1: the DER between colons, in base64. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED. */
export function parseByteSequenceField(text: string): Uint8Array {
  if (text.length < 2 || !text.startsWith(":") || !text.endsWith(":")) {
    throw malformedField("the certificate does not stand between colons");
  }
  return parseBase64(text.slice(1, -1));
}
