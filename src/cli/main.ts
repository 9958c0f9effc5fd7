#!/usr/bin/env node
import { type Command, CommanderError, type OutputConfiguration } from "commander";
import { tooOld } from "../node-version.ts";
import { refuseEmptyPaths } from "./command-line/empty-paths.ts";
import { beforeRest, findVerb } from "./command-line/help-request.ts";
import { parseStores } from "./command-line/store-option.ts";
import { useLargerHeap } from "./process/larger-heap.ts";
import { printBytes, printError, printErrorsAsJson, settleOutput } from "./terminal/output.ts";
import { toUsageError } from "./command-line/usage-error.ts";
import { commandTree } from "./verbs.ts";
import { stderr, stdout } from "./terminal/way-out.ts";

/** Runs one command line. Returns the exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const isJson = beforeRest(args).includes("--json");
  printErrorsAsJson(isJson);
  const program = await commandTree(args.find((arg) => !arg.startsWith("-") && arg !== "help"));
  inherit(program, isJson ? QUIET : OUTPUT);
  refuseEmptyPaths(program);
  parseStores(program);
  const { command, path, wantsHelp, unknown } = findVerb(program, args);
  try {
    if (wantsHelp && unknown !== undefined) command.error(`error: unknown command '${unknown}'`);
    if (wantsHelp) command.help();
    await program.parseAsync([...args], { from: "user" });
    return codeOf(Number(process.exitCode ?? 0));
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      printError(error);
      return 1;
    }
    if (error.exitCode !== 0 && isJson) printError(toUsageError(error, path));
    return codeOf(error.exitCode === 0 ? 0 : 2);
  }
}

/** Who reads half of an answer takes it for the whole one unless told. */
function codeOf(code: number): number {
  const { failure } = stdout;
  if (failure === undefined) return code;
  printError(failure);
  return code === 0 ? 1 : code;
}

/** Wrong usage ends with 2 at every depth. */
function inherit(command: Command, output: OutputConfiguration): void {
  for (const inner of command.commands) inherit(inner, output);
  command.configureOutput(output).exitOverride();
}

const OUTPUT: OutputConfiguration = {
  writeOut: (text) => printBytes(text),
  writeErr: (text) => stderr.write(text),
};

/** Where errors are one line of JSON, made by us. */
const QUIET: OutputConfiguration = { ...OUTPUT, writeErr: () => undefined, outputError: () => undefined };

if (import.meta.main) {
  if (process.argv[2] === "gateway") useLargerHeap();
  process.exitCode = await main(process.argv.slice(2));
  // Else what waits for somebody who does not read would keep us.
  if (!(await settleOutput())) process.exit();
} else if ((import.meta.main as boolean | undefined) === undefined) {
  // Node before 24.2: the command would do nothing, and call that a success.
  console.error(`error: ${tooOld(process.versions.node)}`);
  process.exitCode = 1;
}
