import { Command, Option } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { toIsoTime } from "../../operator/iso-time.ts";
import { parseDuration } from "../../duration.ts";
import { asArgument } from "../command-line/as-argument.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { print, printJson, showTime } from "../terminal/output.ts";

interface Options {
  /** Milliseconds. */
  readonly for?: number;
  readonly close?: true;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `trust open --for 10m`. */
export function openCommand(): Command {
  return new Command("open")
    .description("accept clients never seen before for a while, whatever the policy of the servers")
    .addOption(new Option("--for <duration>", "for so long: 10m, 1h").argParser(asArgument(parseDuration)))
    .addOption(new Option("--close", "stop it now").conflicts("for"))
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ for: forMs, close, store: url, json }: Options, command: Command): Promise<void> {
  if (forMs === undefined && close === undefined) command.error("error: give --for DURATION, or --close");
  await withStore(
    url,
    "trust open",
    async (_store, operator) => {
      const until = await operator.openFirstUse(forMs ?? 0);
      const openUntil = forMs === undefined ? null : until;
      if (json === true) printJson({ openUntil: toIsoTime(openUntil) });
      else
        print(openUntil === null ? "first use is closed" : `first use is open until ${showTime(openUntil)}`);
    },
    { mustExist: true },
  );
}
