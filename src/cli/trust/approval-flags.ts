import { type Command, Option } from "commander";
import type { ImportOptions } from "../../operator/operator.ts";
import { asArgument } from "../command-line/as-argument.ts";
import { parseEnd } from "../command-line/parse-end.ts";

/** What everything that makes a key trusted can be told. */
export interface ApprovalFlags {
  readonly name?: string;
  readonly replace?: true;
  readonly add?: true;
  /** Milliseconds since the epoch. */
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
        "trust it for so long: 12h, 90d; until 2027-03-29T22:00Z; or never; a trusted key keeps its end otherwise",
      ).argParser((text) => (text === "never" ? text : asArgument(toEnd)(text))),
    );
}

function toEnd(text: string): number {
  return parseEnd(text, Date.now());
}

/** The flags as an operator takes them. */
export function toImportOptions({ name, replace, add, expires }: ApprovalFlags): ImportOptions {
  return {
    ...(name !== undefined && { name }),
    ...(replace === true && { onConflict: "replace" as const }),
    ...(add === true && { onConflict: "add" as const }),
    ...(expires !== undefined && { expires: expires === "never" ? null : expires }),
  };
}
