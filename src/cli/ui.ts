import { Command, Option } from "commander";
import type { Admin } from "../admin/admin.ts";
import { formatServerAddress, parseServerAddress } from "../client/servers/server-address.ts";
import type { StoreUrl } from "../trust/port/store-url.ts";
import { LoopbackServer } from "./admin/loopback-server.ts";
import { onEnter } from "./admin/on-enter.ts";
import { openAdmin } from "./admin/open-admin.ts";
import { openLink } from "./admin/open-link.ts";
import { loadPageFiles } from "./admin/page-files.ts";
import { storeOption } from "./command-line/store-option.ts";
import { stopSignal } from "./process/listen.ts";
import { print, say } from "./terminal/output.ts";
import { withStore } from "./trust-store/with-store.ts";
import { readVersion } from "../version.ts";

interface UiOptions {
  readonly store: StoreUrl;
  readonly listen: string;
  readonly open: boolean;
}

/** `ui`: the operator's page, for this machine. */
export function command(): Command {
  return new Command("ui")
    .addOption(
      new Option("--listen <host:port>", "an address of this machine alone").default("127.0.0.1:7443"),
    )
    .addOption(new Option("--no-open", "print the link, and open no browser"))
    .addOption(storeOption())
    .action(run);
}

async function run({ store: url, listen, open }: UiOptions): Promise<void> {
  const stopped = stopSignal();
  const wanted = parseServerAddress(listen);
  const page = await loadPageFiles();
  await withStore(
    url,
    "ui",
    async (store) => {
      const of = { verb: "ui", store, page, version: readVersion() };
      const opened = Promise.withResolvers<{ createLink: () => string; signOut: Admin["signOut"] }>();
      await using _server = await LoopbackServer.open(wanted, (address, hosts) => {
        const admin = openAdmin({ ...of, hosts, transport: "loopback", identify: nobody });
        const createLink = (): string => `http://${formatServerAddress(address)}/#k=${admin.createLink()}`;
        opened.resolve({ createLink, signOut: admin.signOut });
        return admin;
      });
      const { createLink, signOut } = await opened.promise;
      const link = createLink();
      const again = process.stdin.isTTY ? "; Enter makes another one" : "";
      say(`the page of ${store.url} is open to whoever uses this link first, within a minute${again}:`);
      print(link);
      using _opened = open ? openLink(link) : undefined;
      using _typed = onEnter(process.stdin, () => print(createLink()));
      await stopped;
      // Pages that are left open go on asking whoever listens at this port next, and say their secrets.
      await signOut();
    },
    { mayBeOld: true },
  );
}

/** A connection without TLS says nothing of who is there. */
function nobody(): null {
  return null;
}
