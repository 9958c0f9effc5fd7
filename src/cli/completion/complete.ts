import type { Command, Option } from "commander";

/** What may stand where the last word of a command line is, with what it is for. */
export interface Candidate {
  readonly text: string;
  readonly about: string;
}

/** Finds what the last of these words can become: a verb, an option, or one of the values that are known. */
export function complete(program: Command, line: readonly string[]): readonly Candidate[] {
  // Bash makes a word of the sign in `--first-use=ask`.
  const words = line.filter((word, at) => word !== "=" || at === line.length - 1);
  const last = words.at(-1)?.replace(/^=$/, "") ?? "";
  let command = program;
  let wanting: Option | undefined;
  let argument = 0;
  for (const word of words.slice(0, -1)) {
    if (wanting !== undefined) wanting = undefined;
    else if (word.startsWith("-")) wanting = optionIn(command, word);
    else if (command.commands.length === 0) argument += 1;
    else command = command.commands.find((inner) => inner.name() === word) ?? command;
  }
  return candidates(command, { wanting, argument, last }).filter(({ text }) => text.startsWith(last));
}

interface Place {
  readonly wanting: Option | undefined;
  readonly argument: number;
  readonly last: string;
}

function candidates(command: Command, { wanting, argument, last }: Place): readonly Candidate[] {
  if (wanting !== undefined) return choicesOf(wanting);
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(last) ?? [];
  if (name !== undefined && value !== undefined) {
    const option = command.options.find(({ long }) => long === name);
    return choicesOf(option).map(({ text, about }) => ({ text: `${name}=${text}`, about }));
  }
  if (last.startsWith("-")) return command.createHelp().visibleOptions(command).map(toCandidate);
  if (command.commands.length === 0) return choicesOf(command.registeredArguments[argument]);
  return command
    .createHelp()
    .visibleCommands(command)
    .map((inner) => ({ text: inner.name(), about: inner.description() }));
}

/** The option that takes the next word for its value. */
function optionIn(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short, required }) => required && (word === long || word === short));
}

function choicesOf(
  of: { readonly argChoices?: readonly string[] | undefined } | undefined,
): readonly Candidate[] {
  return (of?.argChoices ?? []).map((text) => ({ text, about: "" }));
}

function toCandidate({ long, short, description }: Option): Candidate {
  return { text: long ?? short ?? "", about: description };
}
