import { type Command, Option } from "commander";
import type { Search } from "../../trust/port/roll.ts";
import { parseCount } from "../command-line/parse-count.ts";

/** Which part of a list, and how it is printed. */
export interface PageFlags {
  readonly limit?: number;
  readonly after?: string;
  readonly search?: string;
  readonly json?: true;
}

/** What is searched of a key. */
export const SEARCHED_OF_KEYS = "a name, pin, note or address, or the beginning of a key id";

/** `--search TEXT`, `--limit N` and `--after CURSOR`, the same on every list; `searched` is what a text is looked for in. */
export function addPageOptions(command: Command, searched: string): Command {
  return addSearchAndLimit(command, searched).addOption(
    new Option("--after <cursor>", "go on from there: what stood after `next:`"),
  );
}

/** The first two, for lists whose cursor is something else. */
export function addSearchAndLimit(command: Command, searched: string): Command {
  return command
    .addOption(new Option("--search <text>", `only what has this in it: part of ${searched}`))
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
