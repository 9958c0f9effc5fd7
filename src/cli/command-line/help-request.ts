import type { Command } from "commander";

/** What of a command line names a verb. */
export interface NamedVerb {
  readonly command: Command;
  /** `handclasp trust approve`. */
  readonly path: string;
  /** Whether its help is asked for: `help trust approve`, `trust help approve` and `trust approve --help` are one. */
  readonly wantsHelp: boolean;
  /** A word where a verb should stand, that is none. */
  readonly unknown?: string;
}

/** Finds the verb that a command line names, as far down as there are any. */
export function findVerb(program: Command, args: readonly string[]): NamedVerb {
  const own = beforeRest(args);
  let command = program;
  let path = program.name();
  let wantsHelp = own.includes("--help") || own.includes("-h");
  for (const word of own.filter((arg) => !arg.startsWith("-"))) {
    if (command.commands.length === 0) break;
    if (word === "help") {
      wantsHelp = true;
      continue;
    }
    const inner = command.commands.find((each) => each.name() === word);
    if (inner === undefined) return { command, path, wantsHelp, unknown: word };
    command = inner;
    path = `${path} ${word}`;
  }
  return { command, path, wantsHelp };
}

/** What options can be in: behind `--` everything is an argument. */
export function beforeRest(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return end < 0 ? args : args.slice(0, end);
}
