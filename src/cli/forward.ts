import { createServer, isIP, type Socket } from "node:net";
import { Command } from "commander";
import { SessionCache } from "../client/session-cache.ts";
import { formatServerAddress, parseServerAddress, type ServerAddress } from "../client/server-address.ts";
import { openStore } from "../store/open-store.ts";
import { toKeyId } from "../trust/key-id.ts";
import { isInNetwork, parseIpNetwork } from "../trust/ip-network.ts";
import { addConnectFlags, type ConnectFlags, connectOptions } from "./connect.ts";
import { knownServersUrl } from "./connect/known-servers.ts";
import { asArgument, jsonOption, processName } from "./context.ts";
import { forwardConnection } from "./forward/connection.ts";
import { ForwardLog } from "./forward/log.ts";
import { listen, stopSignal } from "./serve/listen.ts";
import { ServeLog } from "./serve/log.ts";

interface Flags extends ConnectFlags {
  readonly json?: true;
}

/** `forward LISTEN HOST:PORT`: programs that speak no TLS connect here, and come out behind a gateway. */
export function command(): Command {
  const verb = new Command("forward").argument(
    "<listen>",
    "where programs on this machine connect; port 0 picks one",
    asArgument(parseServerAddress),
  );
  return addConnectFlags(verb).addOption(jsonOption()).action(run);
}

async function run(wanted: ServerAddress, to: ServerAddress, flags: Flags, verb: Command): Promise<void> {
  const stopped = stopSignal();
  const log = new ServeLog(flags.json === true);
  await using store = openStore(knownServersUrl(flags.store), { process: processName("forward") });
  const options = await connectOptions(store, { address: to, flags, verb });
  const failures = new ForwardLog(log);
  const shared = { options: { ...options, sessions: new SessionCache() }, log: failures };
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (local) => {
    open.add(local);
    local.on("close", () => open.delete(local));
    void forwardConnection(local, shared);
  });
  try {
    const address = await listen(server, wanted);
    if (!isLoopback(address.host)) {
      log.warn(
        `whoever reaches ${formatServerAddress(address)} comes in as us: anybody on the network may use it`,
      );
    }
    const { facts } = options.identity;
    log.write({
      event: "listening",
      address: formatServerAddress(address),
      ...address,
      to: formatServerAddress(to),
      keyId: toKeyId(facts.pin),
      pin: facts.pin,
    });
    const signal = await stopped;
    log.write({ event: "stopping", signal });
  } finally {
    server.close();
    for (const socket of open) socket.destroy();
  }
}

const LOOPBACK = ["127.0.0.0/8", "::1/128"].flatMap((network) => parseIpNetwork(network) ?? []);

function isLoopback(host: string): boolean {
  if (isIP(host) === 0) return host === "localhost";
  return LOOPBACK.some((network) => isInNetwork(network, host));
}
