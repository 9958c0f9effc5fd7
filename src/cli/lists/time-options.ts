import { type Command, Option } from "commander";
import { asArgument } from "../command-line/as-argument.ts";
import { parseMoment } from "../command-line/parse-moment.ts";

/** Milliseconds since the epoch. */
export interface TimeFlags {
  readonly since?: number;
  readonly until?: number;
}

/** `--since` and `--until`. */
export function addTimeOptions(command: Command): Command {
  const parse = asArgument((text: string) => parseMoment(text, Date.now()));
  return command
    .addOption(
      new Option("--since <time>", "from then on: 24h is a day ago; or 2026-03-29T22:00Z").argParser(parse),
    )
    .addOption(new Option("--until <time>", "before then, written likewise").argParser(parse));
}

/** What the store is asked with. */
export function toTimes({ since, until }: TimeFlags): TimeFlags {
  return { ...(since !== undefined && { since }), ...(until !== undefined && { until }) };
}
