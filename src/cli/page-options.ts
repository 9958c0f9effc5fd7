import { type Command, Option } from "commander";
import type { Search } from "../trust/port/roll.ts";
import { parseCount } from "./parse-count.ts";

/** Which part of a list, and how it is printed. */
export interface PageFlags {
  readonly limit?: number;
  readonly after?: string;
  readonly search?: string;
  readonly json?: true;
}

/** `--search TEXT`, `--limit N` and `--after CURSOR`, the same on every list. */
export function addPageOptions(command: Command): Command {
  return addSearchAndLimit(command).addOption(
    new Option("--after <cursor>", "go on from there: what stood after `next:`"),
  );
}

/** The first two, for lists whose cursor is something else. */
export function addSearchAndLimit(command: Command): Command {
  return command
    .addOption(new Option("--search <text>", "only what has this in it: part of a name, whatever its case"))
    .addOption(
      new Option(
        "--limit <n>",
        "so many at the most; where more follow, stderr says `next: CURSOR`",
      ).argParser(parseCount),
    );
}

/** What the store is asked with. */
export function toSearch({ search }: PageFlags): Search {
  return search === undefined ? {} : { search };
}
