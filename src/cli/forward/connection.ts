import { createConnection, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { connect, type ConnectOptions } from "../../client/connection/connect.ts";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import { keepAlive } from "../../gateway/upstream/keep-alive.ts";
import { isPassedOn, leave, relayBytes } from "../../gateway/tcp/relay-bytes.ts";
import { startTls } from "../../client/starttls/starttls.ts";
import type { StartTlsServerProtocol } from "../../gateway/starttls/starttls-servers.ts";
import { STARTTLS_MS } from "../../client/starttls/open-tcp.ts";
import { GREETINGS } from "./greetings.ts";
import type { ForwardLog } from "./log.ts";

export interface ForwardOptions {
  readonly options: ConnectOptions;
  /** How the server is asked for TLS; undefined where that begins at once. */
  readonly starttls?: StartTlsServerProtocol;
  readonly log: ForwardLog;
}

/**
 * Takes one local connection, which is paused, to the server over TLS. Ends and failures pass both ways: what broke off
 * looks to neither side as if it had come to its end.
 */
export async function forwardConnection(
  local: Socket,
  { options, starttls, log }: ForwardOptions,
): Promise<void> {
  const gaveUp = new AbortController();
  let raw: Socket | undefined;
  local.on("error", ignore);
  local.on("close", () => gaveUp.abort(new Error("the local program gave up")));
  const openTransport = async (address: ServerAddress): Promise<Duplex> => {
    raw = await openRaw(address, gaveUp.signal);
    if (starttls !== undefined)
      await startTls(raw, { protocol: starttls, server: address, timeoutMs: STARTTLS_MS });
    return raw;
  };
  let remote: TLSSocket;
  try {
    remote = await connect({ ...options, openTransport, signal: gaveUp.signal });
  } catch (error) {
    raw?.destroy();
    if (!gaveUp.signal.aborted) log.failed(error);
    local.destroy();
    return;
  }
  remote.on("error", (error) => log.failed(error));
  remote.once("data", () => log.succeeded());
  remote.on("close", () => {
    if (!local.destroyed && !isPassedOn(remote, local)) local.resetAndDestroy();
  });
  local.on("close", () => {
    if (remote.destroyed) return;
    if (isPassedOn(local, remote)) return leave(remote);
    raw?.resetAndDestroy();
    remote.destroy();
  });
  if (local.destroyed) {
    remote.destroy();
    return;
  }
  relayBytes(local, remote);
  if (starttls !== undefined) local.write(GREETINGS[starttls]);
  local.resume();
}

/**
 * TLS keeps what the socket below it is: half-open. The signal is for its beginning alone: a program that has gone may have
 * said all, which TLS still has to write.
 */
async function openRaw({ host, port }: ServerAddress, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = createConnection({ host, port, allowHalfOpen: true, noDelay: true });
  const abort = (): void => void socket.destroy(new Error("the local program gave up"));
  signal.addEventListener("abort", abort, { once: true });
  socket.once("connect", resolve);
  socket.once("error", reject);
  await promise.finally(() => signal.removeEventListener("abort", abort));
  socket.off("error", reject);
  keepAlive(socket);
  return socket;
}

/** 'close' follows. */
function ignore(): void {}
