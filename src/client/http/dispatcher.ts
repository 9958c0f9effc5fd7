import type { TLSSocket } from "node:tls";
import type { Agent, buildConnector, Dispatcher, Pool } from "undici";
import { HandclaspError } from "../../errors.ts";
import { checkClientOptions } from "../connection/check-client-options.ts";
import type { ClientOptions } from "../connection/connect-options.ts";
import { connectVerified } from "../connection/connect.ts";
import { JudgedConnections } from "./judged-connections.ts";
import { JudgingHandler } from "./judging-handler.ts";
import { formatServerAddress, type ServerAddress } from "../servers/server-address.ts";
import { SessionCache } from "../connection/session-cache.ts";

/** Options of undici that are ours to say. */
const OURS = [
  "connect",
  "connectTimeout",
  "factory",
  "localAddress",
  "autoSelectFamily",
  "autoSelectFamilyAttemptTimeout",
] as const;

/** How undici pools connections and speaks HTTP; `allowH2` is on by default. Nothing about TLS: that is `ClientOptions`. */
export type DispatcherOptions = Omit<Agent.Options, (typeof OURS)[number]>;

type DispatchOptions = Agent.DispatchOptions & { readonly allowH2?: boolean };

/** HTTP/2 has no upgrade (RFC 9113 §8.6). */
const HTTP_1_ONLY: Pick<DispatchOptions, "allowH2"> = { allowH2: false };
const KEEP_ALIVE_MS = 60_000;

/**
 * A dispatcher of undici for `fetch`, `WebSocket` and undici's own calls: each server, that of a redirect too, is known
 * or met as by `connect()`, before a byte of a request goes out, and again before a connection is used again. A
 * request fails with ERR_HANDCLASP_REFUSED or ERR_HANDCLASP_CONNECT, which is the `cause` of what `fetch` throws; with
 * ERR_HANDCLASP_OPTION for `http:`. undici is loaded when this is called.
 */
export async function dispatcher(options: ClientOptions, pool: DispatcherOptions = {}): Promise<Dispatcher> {
  checkClientOptions("dispatcher()", options);
  const own = OURS.find((name) => name in pool);
  if (own !== undefined) {
    throw new HandclaspError("ERR_HANDCLASP_OPTION", `the pool of dispatcher() has no option "${own}"`, {
      hint: "how servers are reached is said by the first options: openTransport, timeoutMs",
    });
  }
  const { Agent, Dispatcher1Wrapper, Pool } = await import("undici");
  const connections = new JudgedConnections(options.knownServers, (socket) => {
    // With an error, undici would fail what waits for another connection.
    socket.destroy();
  });
  const client = { sessions: new SessionCache(), ...options };
  const open = async (server: buildConnector.Options, isH2Allowed: boolean): Promise<TLSSocket> => {
    const { protocol, servername } = server;
    if (protocol !== "https:") throw notTls(server);
    const connection = await connectVerified({
      alpnProtocols: isH2Allowed ? ["http/1.1", "h2"] : ["http/1.1"],
      ...(servername && { servername }),
      ...client,
      ...addressOf(server),
      ...(pool.socketPath !== undefined && { socketPath: pool.socketPath }),
    });
    return connections.add(connection).setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
  };
  const factory = (origin: string | URL, poolOptions: Pool.Options): Pool => {
    const connect: buildConnector.connector = async (server, callback) => {
      let socket: TLSSocket;
      try {
        socket = await open(server, poolOptions.allowH2 !== false);
      } catch (error) {
        callback(error as Error, null);
        return;
      }
      callback(null, socket);
    };
    return new Pool(origin, { ...poolOptions, connect });
  };
  class VerifyingAgent extends Agent {
    /** Node 24 has `fetch` and `WebSocket` of an undici that handles answers by other names, and no HTTP/2. */
    readonly #former = new Dispatcher1Wrapper(this);

    override dispatch(request: DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      if (!("onRequestStart" in handler)) return this.#former.dispatch(request, handler);
      const { origin, upgrade } = request;
      const judging =
        origin === undefined
          ? handler
          : new JudgingHandler(handler, connections, formatServerAddress(addressOf(new URL(origin))));
      return super.dispatch(upgrade ? { ...request, ...HTTP_1_ONLY } : request, judging);
    }
  }
  return new VerifyingAgent({ ...pool, factory });
}

function addressOf({ hostname, port }: { readonly hostname: string; readonly port: string }): ServerAddress {
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? 443 : Number(port) };
}

function notTls({ protocol, hostname }: buildConnector.Options): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `${protocol}//${hostname} is not reached over TLS`, {
    hint: "a server is known by its key, which plain HTTP does not show: use https:",
  });
}
