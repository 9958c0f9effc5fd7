import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import type { KeyRecord } from "../../trust/records/key-record.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { parseCount } from "../command-line/parse-count.ts";
import { ifVersionOption } from "../command-line/keys-argument.ts";
import { printChangedKeys } from "../lists/print-keys.ts";

interface Options {
  readonly ifVersion?: number;
  readonly store: StoreUrl;
  readonly json?: true;
}

/** `trust undo N`. */
export function undoCommand(): Command {
  return new Command("undo")
    .description(
      "take back what an event says: an approval, revoke, ignore, set-aside, rename, a group, an undo",
    )
    .argument(
      "<event...>",
      "the number of the event, as `trust events` has it; several in the order in which to undo them",
      (text: string, former: readonly number[] | undefined) => [...(former ?? []), parseCount(text)],
    )
    .addOption(ifVersionOption())
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run(events: readonly number[], { ifVersion, store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust undo",
    async (store, operator) => {
      const keys: KeyRecord[] = [];
      for (const sequence of events) {
        const seen = ifVersion === undefined ? {} : { seen: { version: ifVersion } };
        keys.push(...(await operator.undo(sequence, seen)));
      }
      await printChangedKeys(store, keys, { ...(json && { json }) });
    },
    { mustExist: true },
  );
}
