import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { type BoundConnection, ClientFlight } from "./client-flight.ts";
import { readAhead } from "./read-ahead.ts";

/** Node's own way to give TLS bytes that it did not read by itself. */
interface TlsHandle {
  readonly receive?: (bytes: Uint8Array) => void;
}

/**
 * Has what a client sends pass through a `ClientFlight` on its way to OpenSSL; to be called as soon as TLS is put over a
 * transport. Says whether this Node can.
 */
export function boundFlight(connection: BoundConnection): boolean {
  const { transport } = connection;
  return transport instanceof Socket && Reflect.get(transport, "_handle") !== null
    ? boundSocket(connection, transport)
    : boundStream(connection, transport);
}

/** TLS reads below JavaScript: so it is read before. */
function boundSocket(connection: BoundConnection, transport: Socket): boolean {
  const { socket } = connection;
  if (handleOf(socket)?.receive === undefined) return false;
  const flight = new ClientFlight(connection, (bytes) => handleOf(socket)?.receive?.(bytes));
  const stop = readAhead(transport, (bytes) => flight.read(bytes));
  if (stop === undefined) return false;
  flight.onOpen = stop;
  if (transport.readableLength === 0) return true;
  // What was read before: Node itself would give it to TLS within this tick, too.
  const early = transport.read() as Buffer | null;
  if (early !== null) process.nextTick(() => flight.read(early));
  return true;
}

/** TLS over what is no socket hears 'data'. */
function boundStream(connection: BoundConnection, transport: Duplex): boolean {
  const [onData] = transport.listeners("data").slice(-1);
  if (onData === undefined) return false;
  const flight = new ClientFlight(connection, (bytes) => Reflect.apply(onData, transport, [bytes]));
  transport.off("data", onData as () => void);
  transport.on("data", (bytes: Buffer | string) => {
    // Node refuses a stream of text.
    if (typeof bytes === "string") Reflect.apply(onData, transport, [bytes]);
    else flight.read(bytes);
  });
  transport.prependListener("end", () => flight.end());
  return true;
}

function handleOf(socket: TLSSocket): TlsHandle | null {
  return Reflect.get(socket, "_handle") as TlsHandle | null;
}
