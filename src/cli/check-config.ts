import { existsSync } from "node:fs";
import { Command } from "commander";
import { StoreUrl } from "../trust/port/store-url.ts";
import { HandclaspError, reasonOf } from "../errors.ts";
import type { GatewayConfig } from "../gateway/config/config.ts";
import { locateKey } from "../gateway/config/locate-key.ts";
import { namedGroups, unknownGroups } from "../gateway/config/named-groups.ts";
import type { Complaint } from "../gateway/config/parse-config.ts";
import { openStoreAt } from "../store/open-store.ts";
import { nameKey } from "../trust/naming/peer-name.ts";
import { everyItem } from "../trust/port/page.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { processName } from "./trust-store/process-name.ts";
import { readConfig, readText } from "./server/config/gateway-config.ts";
import { print, printJson, say } from "./terminal/output.ts";

interface Flags {
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `check-config FILE`: what is wrong with a gateway's configuration; starts nothing. */
export function command(): Command {
  return new Command("check-config")
    .argument("<file>", "a configuration in TOML, as for `gateway --config`")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(async (file: string, { store, json }: Flags) => {
      if (json === true) return await checkAsJson(file, store);
      const config = readConfig(file, store);
      const doubts = await doubtsAbout(file, config);
      for (const { line, column, message } of doubts) {
        say(`${file}:${line}:${column}: warning: ${message}`);
      }
      const found = doubts.length === 0 ? "nothing wrong" : counted(doubts.length, "warning");
      print(`${file}: ${counted(config.listeners.length, "listener")}, ${found}`);
    });
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

async function checkAsJson(file: string, store: StoreUrl): Promise<void> {
  try {
    const warnings = await doubtsAbout(file, readConfig(file, store));
    printJson({ complaints: [], warnings });
  } catch (error) {
    if (!(error instanceof HandclaspError)) throw error;
    const { message } = error;
    const complaints = error.details["complaints"] ?? [{ line: null, column: null, message }];
    printJson({ complaints, warnings: [] });
    process.exitCode = 1;
  }
}

/** What may be a mistake. A group comes with its first member, which may be later. */
async function doubtsAbout(file: string, config: GatewayConfig): Promise<readonly Complaint[]> {
  const named = namedGroups(config);
  if (named.length === 0) return [];
  const text = readText(file);
  const doubt = (path: readonly (string | number)[], message: string): Complaint => ({
    ...locateKey(text, path),
    message,
  });
  try {
    const groups = await groupsOf(config.store);
    if (groups === undefined) return [];
    return unknownGroups(named, groups).map(({ group, path }) =>
      doubt(
        path,
        `nobody is in the group ${JSON.stringify(group)}: handclasp group add has its first member`,
      ),
    );
  } catch (error) {
    return [doubt([], `whether its groups have members was not looked at: ${reasonOf(error)}`)];
  }
}

/** By folded name; undefined where there is no store yet, which to open would make one. */
async function groupsOf(url: StoreUrl): Promise<ReadonlySet<string> | undefined> {
  if (url.file === null || !existsSync(url.file)) return undefined;
  // Who checks a file asks nobody else: this machine's replica is a store like any other to who only reads.
  const here = StoreUrl.sqlite(url.file);
  await using store = openStoreAt(here, { process: processName("check-config"), readOnly: true });
  const groups = new Set<string>();
  for await (const { group } of everyItem((page) => store.listMembers(page))) groups.add(nameKey(group));
  return groups;
}
