import type { Server } from "node:net";
import { formatServerAddress } from "../../client/servers/server-address.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import type { AuthorizerConfig } from "../../gateway/config/config.ts";
import { isLoopback } from "../../trust/network/is-loopback.ts";
import { listen } from "../process/listen.ts";
import { placeSocket } from "./place-socket.ts";

/** Where an authorizer listens. */
export interface Place {
  /** `unix:PATH`, or `HOST:PORT` with the port that port 0 picked. */
  readonly address: string;
  /** Of TCP. */
  readonly port?: number;
  /** Removes what is left of it when nobody listens any more. */
  readonly remove: () => void;
}

/** Listens where the configuration says, or on a socket that is open already. Throws ERR_HANDCLASP_OPTION. */
export async function listenForProxies(
  server: Server,
  config: AuthorizerConfig,
  fd: number | undefined,
): Promise<Place> {
  const { listen: where, socketMode } = config;
  if (fd !== undefined) return await listenOnPassed(server, config, fd);
  if (where.kind === "unix") {
    const remove = await placeSocket(server, where.path, socketMode);
    return { address: `unix:${where.path}`, remove };
  }
  const { address } = where;
  if (!isLoopback(address.host)) throw reachable(formatServerAddress(address));
  const { port } = await listen(server, address);
  return ofThisMachine(server, { address: formatServerAddress({ ...address, port }), port, remove: nothing });
}

/** sd_listen_fds(3): who may connect to a Unix socket, its unit says. */
async function listenOnPassed(server: Server, config: AuthorizerConfig, fd: number): Promise<Place> {
  const { listen: where, secretFile } = config;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ fd }, resolve);
  try {
    await promise;
  } catch (cause) {
    const problem = `cannot listen on the socket that was passed: ${reasonOf(cause)}`;
    throw new HandclaspError("ERR_HANDCLASP_OPTION", problem, { cause });
  } finally {
    server.off("error", reject);
  }
  const bound = server.address();
  if (bound === null || typeof bound === "string") {
    // Node does not know the path of a socket that it did not open.
    return { address: `unix:${where.kind === "unix" ? where.path : ""}`, remove: nothing };
  }
  const { address: host, port } = bound;
  const address = formatServerAddress({ host, port });
  if (secretFile === undefined) {
    server.close();
    throw new HandclaspError(
      "ERR_HANDCLASP_OPTION",
      `${address} needs a secret: everybody on this machine can claim any certificate`,
    );
  }
  return ofThisMachine(server, { address, port, remove: nothing });
}

/** A name is whatever the machine takes it for. */
function ofThisMachine(server: Server, place: Place): Place {
  const bound = server.address();
  if (bound !== null && typeof bound === "object" && isLoopback(bound.address)) return place;
  server.close();
  throw reachable(place.address);
}

function reachable(address: string): HandclaspError {
  const problem = "can be reached from elsewhere, and whoever reads on the way could claim any certificate";
  return new HandclaspError("ERR_HANDCLASP_OPTION", `${address} ${problem}`, {
    hint: "listen on unix:PATH, and let a gateway in front of it take in the proxy alone: docs/guide/proxies.md",
  });
}

function nothing(): void {}
