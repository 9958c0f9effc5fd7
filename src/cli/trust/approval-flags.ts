import { type Command, Option } from "commander";
import { parseDuration } from "../../duration.ts";
import type { ImportOptions } from "../../operator/operator.ts";
import { asArgument } from "../command-line/as-argument.ts";

/** What everything that makes a key trusted can be told. */
export interface ApprovalFlags {
  readonly name?: string;
  readonly replace?: true;
  readonly add?: true;
  /** Milliseconds. */
  readonly expires?: number | "never";
}

/** `--replace`, `--add` and `--expires`. */
export function addApprovalFlags(command: Command): Command {
  return command
    .addOption(new Option("--replace", "retire the keys that hold the name").conflicts("add"))
    .addOption(new Option("--add", "keep the keys that hold the name, beside this one"))
    .addOption(
      new Option(
        "--expires <duration>",
        "trust it for so long: 12h, 90d, or never; a trusted key keeps its end otherwise",
      ).argParser((text) => (text === "never" ? text : asArgument(parseDuration)(text))),
    );
}

/** The flags as an operator takes them. */
export function toImportOptions({ name, replace, add, expires }: ApprovalFlags): ImportOptions {
  return {
    ...(name !== undefined && { name }),
    ...(replace === true && { onConflict: "replace" as const }),
    ...(add === true && { onConflict: "add" as const }),
    ...(expires !== undefined && { expires: expires === "never" ? null : Date.now() + expires }),
  };
}
