import type { Duplex } from "node:stream";

/** Where a connection came from. Has to be asked as long as it is open. */
export type RemoteAddressOf = (transport: Duplex) => string | undefined;

/** The address of a TCP connection, or of a stream that says it has one. */
export function socketAddress(transport: Duplex): string | undefined {
  const address: unknown = Reflect.get(transport, "remoteAddress");
  return typeof address === "string" ? address : undefined;
}
