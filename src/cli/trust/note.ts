import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { ifVersionOption } from "../command-line/keys-argument.ts";
import { printChangedKeys } from "../lists/print-keys.ts";

interface Options {
  readonly ifVersion?: number;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `trust note KEY TEXT`. */
export function noteCommand(): Command {
  return new Command("note")
    .description("write down what is to be known of a key; nothing else follows from it")
    .argument("<key>", "a pin, a fingerprint, a key id (14 characters will do) or a name")
    .argument("<text>", "at most 1000 characters; an empty one takes the note away")
    .addOption(ifVersionOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(key: string, text: string, { ifVersion, store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust note",
    async (store, operator) => {
      const seen = ifVersion === undefined ? {} : { seen: { version: ifVersion } };
      const keys = await operator.note(key, text, seen);
      await printChangedKeys(store, keys, { word: "noted", ...(json && { json }) });
    },
    { mustExist: true },
  );
}
