import { Command } from "commander";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { toListedConnection } from "../../operator/listed-connection.ts";
import type { ListedConnection } from "../../trust/port/roll.ts";
import { jsonOption } from "../command-line/json-option.ts";
import { storeOption } from "../command-line/store-option.ts";
import { withStore } from "../trust-store/with-store.ts";
import { say, showMinute, showName } from "../terminal/output.ts";
import { addPageOptions, type PageFlags, SEARCHED_OF_KEYS, toSearch } from "../lists/page-options.ts";
import { printList } from "../lists/print-list.ts";
import { shortKeyId, showFrom } from "../lists/print-keys.ts";

interface Options extends PageFlags {
  readonly store: StoreUrl;
}

/** `trust connections`. */
export function connectionsCommand(): Command {
  const command = new Command("connections").description(
    "connections that are open now, in every process on this store",
  );
  return addPageOptions(command, `${SEARCHED_OF_KEYS}; or the connection or process`)
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ store: url, ...flags }: Options): Promise<void> {
  await withStore(
    url,
    "trust connections",
    async (store) => {
      const isAlone = store.replication()?.database === "away";
      if (isAlone) say("which connections are open at other machines cannot be known meanwhile");
      await printList((page) => store.listConnections({ ...toSearch(flags), ...page }), flags, {
        toListed: (connections) => connections.map(toListedConnection),
        columns: [
          { title: "CONNECTION" },
          { title: "PROCESS", isFree: true },
          { title: "PEER", isFree: true },
          { title: "KEY" },
          { title: "FROM", isFree: true },
          { title: "SINCE" },
        ],
        toCells,
        nothing: isAlone ? "no connections are open at this machine" : "no connections are open",
      });
    },
    { reads: true },
  );
}

function toCells({
  id,
  process,
  peer,
  pin,
  remoteAddress,
  listener,
  since,
  machine,
}: ListedConnection): string[] {
  const from = showFrom(remoteAddress, listener, machine);
  return [id, process, showName(peer), shortKeyId(pin), from, showMinute(since)];
}
