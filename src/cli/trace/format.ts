import { type Command, Option } from "commander";
import { formatJsonl } from "../../tls/format-jsonl.ts";
import { formatListing } from "../../tls/format-listing.ts";
import { formatOpenssl } from "../../tls/format-openssl.ts";
import type { TraceMessage } from "../../tls/trace-message.ts";

export type TextFormat = "listing" | "openssl" | "jsonl";

/** As text, a message at a time; as `pcapng`, the bytes of whole connections with their secrets. */
export type TraceFormat = TextFormat | "pcapng";

const TEXT: Readonly<Record<TextFormat, (message: TraceMessage) => string>> = {
  listing: formatListing,
  openssl: formatOpenssl,
  jsonl: formatJsonl,
};
const FORMATS: readonly string[] = [...Object.keys(TEXT), "pcapng"];

export interface TraceFlags {
  readonly format: TraceFormat;
  readonly output?: string;
  readonly explain?: true;
}

/** How a message is written in a format for text. */
export function formatterOf(format: TextFormat): (message: TraceMessage) => string {
  return TEXT[format];
}

/** Adds what all verbs of `trace` have. */
export function addTraceFlags(verb: Command): Command {
  return verb
    .addOption(
      new Option("--format <format>", "how to write what happens").choices(FORMATS).default("listing"),
    )
    .option("--output <file>", "write to this file, not to stdout")
    .option("--explain", "say in a paragraph what each connection came to, and what to do about it");
}

/** `--trace[=FORMAT]` of a server. */
export function traceOption(): Option {
  return new Option("--trace [format]", "print the messages of each handshake while it happens")
    .choices(FORMATS)
    .preset("listing");
}
