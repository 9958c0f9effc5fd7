import { isHandclaspError, reasonOf } from "../../errors.ts";

/** What was thrown as the complaint of a file, with the hint in its line: complaints have no other place for it. */
export function complaintOf(thrown: unknown): string {
  const problem = reasonOf(thrown);
  return isHandclaspError(thrown) && thrown.hint !== undefined ? `${problem}: ${thrown.hint}` : problem;
}
