import { HandclaspError } from "../../errors.ts";

/** The error for a value in a capture file that cannot be; `offset` counts from the file's beginning. */
export function malformed(field: string, offset: number, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `${field} at byte ${offset}: ${problem}`, {
    details: { field, offset },
  });
}
