import type { Command } from "commander";

/** The manual page of a command line, in the language of man(7): every verb, with its arguments and options. */
export function manPage(program: Command, version: string): string {
  const name = program.name();
  const variables = new Map(
    leavesOf(program)
      .flatMap(({ options }) => options)
      .flatMap(({ envVar, long }) =>
        envVar === undefined ? [] : [[envVar, `stands for ${long} where it is left out`]],
      ),
  );
  return [
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ".SH NAME",
    `${name} \\- ${text(program.description())}`,
    ".SH SYNOPSIS",
    `.B ${name}`,
    ".I VERB",
    "[options]",
    ".SH DESCRIPTION",
    text(`What each verb takes is here and in what \`${name} VERB --help\` prints.`),
    ".SH VERBS",
    ...leavesOf(program).flatMap(section),
    ".SH EXIT STATUS",
    ...tagged("0", "done"),
    ...tagged("1", "refused or failed"),
    ...tagged("2", "wrong usage"),
    ".SH ENVIRONMENT",
    ...Array.from(variables, ([variable, about]) => tagged(variable, about)).flat(),
    ...tagged(
      "XDG_DATA_HOME",
      "where the folder handclasp lies with what is kept; ~/.local/share where it is left out",
    ),
    ...tagged(
      "COLUMNS",
      "how many columns text for people may take, where that is not what the terminal has",
    ),
    ...tagged("NO_COLOR", "no colours, whatever it is"),
    "",
  ].join("\n");
}

function leavesOf(command: Command): readonly Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function section(verb: Command): readonly string[] {
  const help = verb.createHelp();
  return [
    `.SS ${quoted(help.commandUsage(verb))}`,
    text(help.commandDescription(verb)),
    ...help
      .visibleArguments(verb)
      .flatMap((each) => tagged(help.argumentTerm(each), help.argumentDescription(each))),
    ...help
      .visibleOptions(verb)
      .filter(({ long }) => long !== "--help")
      .flatMap((each) => tagged(help.optionTerm(each), help.optionDescription(each))),
  ];
}

function tagged(term: string, about: string): readonly string[] {
  return [".TP", `.B ${quoted(term)}`, text(about)];
}

function quoted(term: string): string {
  return `"${text(term).replaceAll('"', '""')}"`;
}

/** Neither a request nor an escape; a hyphen that can be copied. */
function text(plain: string): string {
  return plain
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll(/^(?=[.'])/gm, "\\&");
}
