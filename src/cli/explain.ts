import { Command } from "commander";
import type { StoreUrl } from "../trust/port/store-url.ts";
import type { Explanation } from "../explain/explanation.ts";
import { explainRefusal } from "../operator/explain-refusal.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { storeOption } from "./command-line/store-option.ts";
import { withStore } from "./trust-store/with-store.ts";
import { remediesText } from "./terminal/remedy-text.ts";
import { print, printJson } from "./terminal/output.ts";
import { columnsOf, flat, wrapped } from "./terminal/prose.ts";

/** `explain`: why a client was refused, and what changes that. */
export function command(): Command {
  return new Command("explain")
    .argument(
      "<refused>",
      "LAST, the id of a connection that was refused, as in the log, or an address, a key or a name: the newest of it",
    )
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(
  connection: string,
  { store: url, json }: { readonly store: StoreUrl; readonly json?: true },
): Promise<void> {
  await withStore(
    url,
    "explain",
    async (store) => {
      const { refusal, explanation } = await explainRefusal(store, connection);
      const text = refusalText(explanation);
      if (json) printJson({ ...refusal, explanation: flat(text), ...explanation });
      else print(wrapped(text, columnsOf(process.stdout)));
    },
    { reads: true },
  );
}

/** A refusal in a paragraph for people: who it was, what they showed, which rule refused it, what changes that. */
export function refusalText({ evidence, remedies }: Explanation): string {
  const help = remediesText(remedies);
  return `${evidence.join(" ")} ${help.slice(0, 1).toUpperCase()}${help.slice(1)}`;
}
