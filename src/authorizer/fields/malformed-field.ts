import { HandclaspError } from "../../errors.ts";

/** What stands in a proxy's field is no certificate, or more than one. */
export function malformedField(problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_CERTIFICATE_MALFORMED", problem, { cause });
}
