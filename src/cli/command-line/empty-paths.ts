import type { Command } from "commander";

/** How help calls what names a file or a folder. */
const PATH = /[<[](?:file|folder|dir|url|pem|certificate|ca)(?:\.\.\.)?[>\]]/;
const PROBLEM = "It is empty, and has to be a path.";

/** An environment variable that is empty is as good as unset; any other path that is empty is wrong usage. */
export function refuseEmptyPaths(program: Command): void {
  program.hook("preAction", (_, verb) => {
    for (const option of verb.options) {
      const name = option.attributeName();
      if (verb.getOptionValue(name) !== "" || !PATH.test(option.flags)) continue;
      if (verb.getOptionValueSource(name) !== "env")
        verb.error(`error: option '${option.flags}' argument '' is invalid. ${PROBLEM}`);
      verb.setOptionValueWithSource(name, option.defaultValue, "default");
    }
    for (const [at, argument] of verb.registeredArguments.entries()) {
      if (PATH.test(`<${argument.name()}>`) && [verb.processedArgs[at]].flat().includes(""))
        verb.error(
          `error: command-argument value '' is invalid for argument '${argument.name()}'. ${PROBLEM}`,
        );
    }
  });
}
