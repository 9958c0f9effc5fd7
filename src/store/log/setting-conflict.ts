import { HandclaspError } from "../../errors.ts";

/** Of two who write one setting, having read the same, the second is told. */
export function settingConflict(name: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_CONFLICT", `the setting "${name}" was written by somebody else`);
}
