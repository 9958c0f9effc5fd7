import type { TLSSocket } from "node:tls";
import { CURRENT_HANDSHAKE, handshakeOf } from "./handshake-of.ts";
import { socketAddress } from "./remote-address.ts";

/**
 * Where the client of a handshake comes from, through proxies, also when it failed and the client is gone; else who is at
 * the other end of the socket.
 */
export function clientAddress(socket: TLSSocket): string | undefined {
  const current = CURRENT_HANDSHAKE.getStore();
  const isCurrent = current !== undefined && (current.socket ?? socket) === socket;
  const handshake = handshakeOf(socket) ?? (isCurrent ? current : undefined);
  return handshake?.remoteAddress ?? socketAddress(socket);
}
