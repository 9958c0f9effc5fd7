import { malformedField } from "./malformed-field.ts";

/** The bytes of base64 (RFC 4648 §4) with its padding and nothing else. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED. */
export function parseBase64(text: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  // Node passes over what is none.
  if (bytes.length === 0 || bytes.length !== lengthOf(text)) {
    throw malformedField("the certificate is not written in base64");
  }
  return bytes;
}

function lengthOf(text: string): number {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return text.length % 4 === 0 ? (text.length / 4) * 3 - padding : Number.NaN;
}
