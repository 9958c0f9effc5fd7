import { Command } from "commander";
import { HandclaspError } from "../errors.ts";
import { storeOption, jsonOption } from "./context.ts";
import { readConfig } from "./gateway/config.ts";
import { print, printJson } from "./output.ts";

interface Flags {
  readonly store: string;
  readonly json?: true;
}

/** `check-config FILE`: what is wrong with a gateway's configuration; starts nothing. */
export function command(): Command {
  return new Command("check-config")
    .argument("<file>", "a configuration in TOML, as for `gateway --config`")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action((file: string, { store, json }: Flags) => {
      if (json === true) return checkAsJson(file, store);
      const { listeners } = readConfig(file, store);
      print(
        `${file}: ${listeners.length === 1 ? "1 listener" : `${listeners.length} listeners`}, nothing wrong`,
      );
    });
}

function checkAsJson(file: string, store: string): void {
  try {
    readConfig(file, store);
    printJson({ complaints: [] });
  } catch (error) {
    if (!(error instanceof HandclaspError)) throw error;
    const { message } = error;
    printJson({ complaints: error.details["complaints"] ?? [{ line: null, column: null, message }] });
    process.exitCode = 1;
  }
}
