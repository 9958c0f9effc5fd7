import { Argument, Command } from "commander";
import { type Candidate, complete } from "./completion/complete.ts";
import { print, printBytes } from "./terminal/output.ts";

/** The command line with that verb's branch. */
type TreeOf = (verb: string) => Promise<Command>;

type Shell = "bash" | "zsh" | "fish";

/** Each asks the program that is being typed what may come next: what it completes is never older than that program. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_handclasp() {
  local IFS=$'\\n'
  COMPREPLY=($("$1" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _handclasp handclasp
`,
  zsh: `_handclasp() {
  local -a found
  found=("\${(@f)$("$words[1]" completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "$found" ]]; then _describe handclasp found; else _files; fi
}
compdef _handclasp handclasp
`,
  fish: `function __handclasp
  set -l words (commandline -opc)
  set -l last (commandline -ct)
  set -l found ($words[1] completion fish -- $words[2..] "$last" 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path "$last"
  end
end
complete -c handclasp -f -a '(__handclasp)'
`,
};

const LINES: Readonly<Record<Shell, (candidate: Candidate) => string>> = {
  bash: ({ text }) => text,
  zsh: ({ text, about }) => `${text.replaceAll(":", "\\:")}:${about}`,
  fish: ({ text, about }) => `${text}\t${about}`,
};

/** `completion SHELL`: prints what a shell has to load; with words behind `--`, what the last of them can become. */
export function completionCommand(treeOf: TreeOf): Command {
  return new Command("completion")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(SCRIPTS)))
    .argument("[words...]", "the words of a command line: prints what the last of them can become")
    .action((shell: Shell, words: readonly string[]) => run(shell, words, treeOf));
}

async function run(shell: Shell, words: readonly string[], treeOf: TreeOf): Promise<void> {
  if (words.length === 0) {
    printBytes(SCRIPTS[shell]);
    return;
  }
  const verb = words.slice(0, -1).find((word) => !word.startsWith("-") && word !== "help");
  for (const candidate of complete(await treeOf(verb ?? ""), words)) print(LINES[shell](candidate));
}
