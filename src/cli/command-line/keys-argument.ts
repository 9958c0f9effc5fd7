import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { type Command, Option } from "commander";
import { HandclaspError } from "../../errors.ts";
import { parseCount } from "./parse-count.ts";

/** How verbs that act on keys are told which, and how. */
export interface KeysFlags {
  readonly from?: string;
  readonly dryRun?: true;
  readonly ifVersion?: number;
}

/** `--from`, `--dry-run` and `--if-version`. */
export function addKeysFlags(command: Command): Command {
  return command
    .option("--from <file>", "more keys, one a line; - is stdin; lines with # in front are comments")
    .option("--dry-run", "only say what each would come to")
    .addOption(ifVersionOption());
}

/** `--if-version N`. */
export function ifVersionOption(): Option {
  return new Option("--if-version <number>", "only if the key is as it was in this version").argParser(
    parseCount,
  );
}

/** The keys of a command line: many, as soon as there is a file or more than one. */
export async function readKeys(
  keys: readonly string[],
  { from, ifVersion }: KeysFlags,
  command: Command,
): Promise<{ readonly keys: readonly string[]; readonly isMany: boolean }> {
  const isMany = from !== undefined || keys.length > 1;
  if (keys.length === 0 && from === undefined) command.error("error: give a KEY, or --from FILE");
  if (isMany && ifVersion !== undefined) command.error("error: --if-version is about one KEY");
  if (from === undefined) return { keys, isMany };
  return { keys: [...keys, ...linesOf(await read(from))], isMany };
}

async function read(from: string): Promise<string> {
  if (from === "-") return text(process.stdin);
  try {
    return await readFile(from, "utf8");
  } catch (cause) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `the keys in ${from} cannot be read`, { cause });
  }
}

function linesOf(file: string): readonly string[] {
  return (
    file
      .split("\n")
      .map((line) => line.trim())
      // Names may have such a sign in them.
      .filter((line) => line !== "" && !line.startsWith("#"))
  );
}
