import type { TLSSocket } from "node:tls";
import { checkConnectOptions } from "./check-client-options.ts";
import type { ConnectOptions, MetServer } from "./connect-options.ts";
import { openVerified, type VerifiedSocket } from "./verified-socket.ts";

export type { ClientOptions, ConnectOptions, MetServer } from "./connect-options.ts";
export type { VerifiedSocket } from "./verified-socket.ts";

/**
 * Connects to a server whose key is known, or met for the first time and then remembered before this resolves.
 *
 * Throws ERR_HANDCLASP_REFUSED, ERR_HANDCLASP_CONNECT, or ERR_HANDCLASP_OPTION. The check is synchronous in 'secureConnect': in TLS 1.3 our
 * certificate is then still unsent, and a server with another key never sees it. TLS 1.2 has sent it by then.
 */
export async function connect(options: ConnectOptions): Promise<TLSSocket> {
  checkConnectOptions(options);
  return (await connectVerified(options)).socket;
}

/** As `connect()`, and tells whom the connection is with. */
export async function connectVerified(options: ConnectOptions): Promise<VerifiedSocket> {
  const { ask, knownServers, verifyServer, signal } = options;
  let unknown: MetServer | undefined;
  try {
    return await openVerified(options, (server) => void (unknown = server));
  } catch (error) {
    if (ask === undefined || verifyServer !== "ask" || unknown === undefined) throw error;
    if (!(await unlessAborted(ask(unknown), signal))) throw error;
    await knownServers.remember(unknown.address, unknown.facts);
    return openVerified(options, () => undefined);
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
