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

/** `trust rename KEY NAME`. */
export function renameCommand(): Command {
  return new Command("rename")
    .description("give a peer another name: all its keys go with it")
    .argument("<key>", "the peer's name, or one of its keys")
    .argument("<name>", "the new name")
    .addOption(ifVersionOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(key: string, name: string, { store: url, json, ifVersion }: Options): Promise<void> {
  await withStore(
    url,
    "trust rename",
    async (store, operator) => {
      const keys = await operator.rename(
        key,
        name,
        ifVersion === undefined ? {} : { seen: { version: ifVersion } },
      );
      await printChangedKeys(store, keys, { word: "renamed", ...(json && { json }) });
    },
    { mustExist: true },
  );
}
