import { HandclaspError, isHandclaspError } from "../../errors.ts";

/** Runs a reader of DER, so that what it cannot read is said of the certificate: ERR_HANDCLASP_CERTIFICATE_MALFORMED. */
export function readingCertificate<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!isHandclaspError(error, "ERR_HANDCLASP_MALFORMED")) throw error;
    throw new HandclaspError("ERR_HANDCLASP_CERTIFICATE_MALFORMED", error.message, {
      details: error.details,
    });
  }
}
