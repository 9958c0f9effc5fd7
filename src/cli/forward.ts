import { createServer, type Socket } from "node:net";
import { Command, Option } from "commander";
import { parseShownIdentity } from "../client/identities/identity.ts";
import { SessionCache } from "../client/connection/session-cache.ts";
import {
  formatServerAddress,
  parseServerAddress,
  type ServerAddress,
} from "../client/servers/server-address.ts";
import { Capacity } from "../gateway/listening/capacity.ts";
import { Entrance } from "../gateway/listening/entrance.ts";
import { keepAlive } from "../gateway/upstream/keep-alive.ts";
import { openStoreAt } from "../store/open-store.ts";
import { toKeyId } from "../trust/naming/key-id.ts";
import { isLoopback } from "../trust/network/is-loopback.ts";
import {
  STARTTLS_SERVER_PROTOCOLS,
  type StartTlsServerProtocol,
} from "../gateway/starttls/starttls-servers.ts";
import { addConnectFlags, type ConnectFlags, startTlsOption } from "./client/connect-flags.ts";
import { connectOptions } from "./client/connect-options.ts";
import { startTlsFor } from "./client/remembered-starttls.ts";
import { knownServersUrl } from "./client/known-servers.ts";
import { asArgument } from "./command-line/as-argument.ts";
import { jsonOption } from "./command-line/json-option.ts";
import { processName } from "./trust-store/process-name.ts";
import { connectionsByFiles } from "./process/file-capacity.ts";
import { forwardConnection } from "./forward/connection.ts";
import { ForwardLog } from "./forward/log.ts";
import { outliveReaders } from "./log/outlive-readers.ts";
import { parseCount } from "./command-line/parse-count.ts";
import { listen, stopSignal } from "./process/listen.ts";
import { ServeLog } from "./log/event-log.ts";

interface Flags extends ConnectFlags {
  readonly maxConnections: number;
  readonly starttls?: StartTlsServerProtocol;
  /** Listens where other machines can connect as well. */
  readonly dangerouslyShareIdentity?: true;
  readonly json?: true;
}

/** `forward LISTEN HOST:PORT`: programs that speak no TLS connect here, and come out behind a gateway. */
export function command(): Command {
  const verb = new Command("forward").argument(
    "<listen>",
    "where programs on this machine connect; port 0 picks one",
    asArgument(parseServerAddress),
  );
  return addConnectFlags(verb)
    .addOption(
      new Option("--max-connections <n>", "connections at once; one more waits")
        .argParser(parseCount)
        .default(1000),
    )
    .addOption(startTlsOption(STARTTLS_SERVER_PROTOCOLS))
    .option(
      "--dangerously-share-identity",
      "listen on an address that is not this machine's own: everybody who reaches it comes in as us",
    )
    .addOption(jsonOption())
    .action(run);
}

async function run(wanted: ServerAddress, to: ServerAddress, flags: Flags, verb: Command): Promise<void> {
  if (!isLoopback(wanted.host) && flags.dangerouslyShareIdentity !== true) {
    verb.error(
      `error: everybody who reaches ${formatServerAddress(wanted)} would come in as us` +
        "\nhint: listen on 127.0.0.1, or say --dangerously-share-identity",
    );
  }
  const stopped = stopSignal();
  const log = new ServeLog(flags.json === true);
  outliveReaders(log);
  await using store = openStoreAt(knownServersUrl(flags.store), { process: processName("forward") });
  const options = await connectOptions(store, { address: to, flags, verb });
  const failures = new ForwardLog(log);
  const remembered = startTlsFor(store, formatServerAddress(to));
  const starttls = flags.starttls ?? STARTTLS_SERVER_PROTOCOLS.find((each) => each === remembered);
  const shared = {
    options: { ...options, sessions: new SessionCache() },
    log: failures,
    ...(starttls !== undefined && { starttls }),
  };
  const open = new Set<Socket>();
  const most = Math.min(flags.maxConnections, connectionsByFiles(2));
  const entrance = new Entrance({
    capacity: new Capacity(most),
    most: () => most,
    letIn(local) {
      keepAlive(local);
      open.add(local);
      local.on("close", () => open.delete(local));
      void forwardConnection(local, shared);
    },
    onFull: () => log.write({ event: "full", most }),
  });
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (local) =>
    entrance.accept(local),
  );
  try {
    const address = await listen(server, wanted);
    server.on("error", (error) => log.failed(error));
    if (!isLoopback(address.host)) {
      log.warn(
        `whoever reaches ${formatServerAddress(address)} comes in as us: anybody on the network may use it`,
      );
    }
    const { pin } = parseShownIdentity(options.identity.certificate, "our certificate");
    log.write({
      event: "listening",
      address: formatServerAddress(address),
      ...address,
      to: formatServerAddress(to),
      keyId: toKeyId(pin),
      pin,
    });
    const signal = await stopped;
    log.write({ event: "stopping", signal });
  } finally {
    server.close();
    entrance.close();
    for (const socket of open) socket.destroy();
  }
}
