import { Command } from "commander";
import { toListedConnection } from "../../operator/listed-connection.ts";
import { toKeyId } from "../../trust/key-id.ts";
import { jsonOption, storeOption, withStore } from "../context.ts";
import { print, printJson, say, showName, showTime, table } from "../output.ts";

interface Options {
  readonly store: string;
  readonly json?: true;
}

/** `trust connections`. */
export function connectionsCommand(): Command {
  return new Command("connections")
    .description("connections that are open now, in every process on this store")
    .addOption(storeOption())
    .addOption(jsonOption())
    .action(run);
}

async function run({ store: url, json }: Options): Promise<void> {
  await withStore(
    url,
    "trust connections",
    (store) => {
      const open = store.connections();
      if (json === true) {
        printJson(open.map(toListedConnection));
      } else if (open.length === 0) say("no connections are open");
      else {
        const rows = open.map(({ id, process, peer, pin, remoteAddress, since }) => {
          return [id, process, showName(peer), toKeyId(pin), remoteAddress ?? "-", showTime(since)];
        });
        print(table([["CONNECTION", "PROCESS", "PEER", "KEY", "FROM", "SINCE"], ...rows]));
      }
    },
    { reads: true },
  );
}
