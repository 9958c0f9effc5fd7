import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { type BoundConnection, ClientFlight } from "./client-flight.ts";
import { readShared } from "./shared-reading.ts";

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

/** TLS reads below JavaScript: memory that is put above it gets the bytes first. */
function boundSocket(connection: BoundConnection, transport: Socket): boolean {
  const { socket } = connection;
  if (handleOf(socket)?.receive === undefined) return false;
  const flight = new ClientFlight(connection, (bytes) => handleOf(socket)?.receive?.(bytes));
  if (!readShared(transport, (view) => flight.read(view))) return false;
  // TLS asked already; from here on it alone says when our side ends.
  transport.allowHalfOpen = true;
  const end = (): void => {
    flight.end();
    // As Node does when TLS reads the end by itself.
    socket.push(null);
    socket.read(0);
  };
  if (transport.readableEnded) process.nextTick(end);
  else transport.on("end", end);
  // Node itself would give it to TLS within this tick, too.
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
