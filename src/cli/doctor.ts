import { Command } from "commander";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import type { Finding } from "./doctor/finding.ts";
import { examineClock, examineEnvironment, examineRuntime } from "./doctor/machine.ts";
import { examineDataFolder, examineIdentities, examineStores } from "./doctor/data.ts";
import { print, printJson, table } from "./terminal/output.ts";

/** `doctor`: what is set up and what is not; exit code 1 when something is broken. Changes nothing. */
export function command(): Command {
  return new Command("doctor").addOption(storeOption()).addOption(jsonOption()).action(examine);
}

async function examine({ store, json }: { readonly store: StoreUrl; readonly json?: true }): Promise<void> {
  const stores = await examineStores(store);
  const findings = [
    ...examineRuntime(),
    ...examineEnvironment(process.env, process.execArgv),
    ...examineClock(Date.now(), stores.newestEventAt),
    ...examineDataFolder(),
    ...stores.findings,
    ...examineIdentities(store),
  ];
  if (json) printJson(findings);
  else report(findings);
  if (findings.some(({ status }) => status === "broken")) process.exitCode = 1;
}

function report(findings: readonly Finding[]): void {
  print(table(findings.map(({ status, subject, message }) => [status, subject, message])));
  const hints = findings.flatMap(({ hint, subject }) => (hint === null ? [] : [`hint: ${subject}: ${hint}`]));
  for (const line of new Set(hints)) print(line);
}
