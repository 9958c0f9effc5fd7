import { type Command, Option } from "commander";

export const TRACE_FORMATS = ["text", "listing", "openssl", "jsonl", "pcapng"] as const;

/** As text, a message at a time; as `pcapng`, the bytes of whole connections with their secrets. */
export type TraceFormat = (typeof TRACE_FORMATS)[number];

export interface TraceFlags {
  readonly format: TraceFormat;
  readonly output?: string;
  readonly explain?: true;
}

/** Adds what all verbs of `trace` have. */
export function addTraceFlags(verb: Command): Command {
  return verb
    .addOption(
      new Option("--format <format>", "how to write what happens")
        .choices(TRACE_FORMATS)
        .default("listing", "text on a terminal, else listing"),
    )
    .option("--output <file>", "write to this file, not to stdout")
    .option("--explain", "say what each connection came to, and what to do about it")
    .hook("preAction", (_verb, action) => {
      const isForPeople = process.stdout.isTTY && action.getOptionValue("output") === undefined;
      if (isForPeople && action.getOptionValueSource("format") === "default")
        action.setOptionValueWithSource("format", "text", "default");
    });
}

/** `--trace[=FORMAT]` of a server. */
export function traceOption(): Option {
  return new Option("--trace [format]", "print the messages of each handshake while it happens")
    .choices(TRACE_FORMATS)
    .preset("listing");
}
