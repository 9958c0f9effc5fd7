import type { GatewayConfig } from "../../gateway/config/config.ts";
import { passedSockets } from "../../gateway/service-manager.ts";
import { Primary } from "../../gateway/workers/primary.ts";
import { HandclaspError } from "../../errors.ts";
import { openStoreAt } from "../../store/open-store.ts";
import { logWorkers } from "../log/log-happenings.ts";
import { processName } from "../trust-store/process-name.ts";
import type { Accepting, AcceptOptions } from "./accepting.ts";
import { awaitStore } from "./await-store.ts";
import { keepPems } from "./keep-pems.ts";
import { ownCommand } from "../process/own-command.ts";

/** Accepts connections in several processes, which this one starts. */
export async function acceptByWorkers(
  config: GatewayConfig,
  count: number,
  { verb, identity, log, detail, printCertificate, passphraseFile }: AcceptOptions,
): Promise<Accepting> {
  if (config.store.file === null) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", "several workers cannot share the store memory:", {
      hint: "use --workers 1, or a store in a file",
    });
  }
  const print = printCertificate ? ["--print-certificate"] : [];
  const secret = passphraseFile === undefined ? [] : ["--passphrase-file", passphraseFile];
  const primary = new Primary(forWorkers(config), {
    count,
    command: ownCommand(verb, "--worker", "--json", "--log", detail, ...print, ...secret),
    sockets: passedSockets(process.env, process.pid),
  });
  logWorkers(primary.happenings, log);
  await using opened = new AsyncDisposableStack();
  const store = opened.use(openStoreAt(config.store, { process: processName(verb) }));
  await awaitStore(store);
  const pemDir = await keepPems(store, config.pemDir, log);
  if (pemDir !== undefined) opened.use(pemDir);
  const addresses = await primary.start();
  const ours = opened.move();
  return {
    store,
    addresses,
    reports: () => primary.reports(),
    health: () => primary.health(),
    reload(next) {
      identity.reread();
      return primary.reload(forWorkers(next));
    },
    drain: () => primary.stop(),
    async stop() {
      await primary.stop("SIGKILL");
      await ours[Symbol.asyncDispose]();
    },
  };
}

/** The folder of certificates is kept here, once for all, and here is what operators and proxies ask. */
function forWorkers(config: GatewayConfig): GatewayConfig {
  return { ...config, pemDir: undefined, admin: undefined, authorizer: undefined };
}
