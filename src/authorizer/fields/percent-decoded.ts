import { reasonOf } from "../../errors.ts";
import { malformedField } from "./malformed-field.ts";

/** A text that may be percent-encoded (RFC 3986 §2.1), as it is without. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED. */
export function percentDecoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw malformedField(`the field is not percent-encoded as it should be: ${reasonOf(error)}`, error);
  }
}
