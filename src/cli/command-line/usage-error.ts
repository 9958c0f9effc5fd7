import type { CommanderError } from "commander";
import { HandclaspError } from "../../errors.ts";

/** Wrong usage as an error of ours: what was wrong, and on further lines what to do. `verb` is what was being used. */
export function toUsageError(error: CommanderError, verb: string): HandclaspError {
  if (error.code === "commander.help") {
    return new HandclaspError("ERR_HANDCLASP_USAGE", `${verb} needs to be told what to do`, {
      hint: `${verb} --help lists what there is`,
    });
  }
  const [message = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const hint = rest.join(" ").replace(/^hint: /, "");
  return new HandclaspError("ERR_HANDCLASP_USAGE", message, hint === "" ? {} : { hint });
}
