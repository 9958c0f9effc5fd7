import type { Duplex } from "node:stream";
import { plainAddress } from "../../trust/network/ip-network.ts";

/** Where a connection came from. Has to be asked as long as it is open. */
export type RemoteAddressOf = (transport: Duplex) => string | undefined;

/**
 * The address of a TCP connection, or of a stream that says it has one. An IPv4 client has its IPv4 address, also where
 * a server listens for both protocols.
 */
export function socketAddress(transport: Duplex): string | undefined {
  const address: unknown = Reflect.get(transport, "remoteAddress");
  return typeof address === "string" ? plainAddress(address) : undefined;
}
