import { connect, type Socket } from "node:net";
import { connectedWithin } from "../../deadline.ts";
import type { StartTlsProtocol } from "../../trust/naming/starttls-protocol.ts";
import type { ServerAddress } from "../servers/server-address.ts";
import { startTls } from "./starttls.ts";

const CONNECT_MS = 10_000;
/** Shorter than a handshake may take, so that whoever waits is told what for. */
export const STARTTLS_MS = 8000;

/** A connection to a server, up to where TLS may begin. */
export async function openTcp(
  server: ServerAddress,
  protocol: StartTlsProtocol | undefined,
): Promise<Socket> {
  const socket = connect(server);
  await connectedWithin(socket, CONNECT_MS);
  if (protocol !== undefined) await startTls(socket, { protocol, server, timeoutMs: STARTTLS_MS });
  return socket;
}
