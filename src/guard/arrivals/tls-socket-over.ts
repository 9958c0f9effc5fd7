import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";

/** Never seen by anybody: the guard keeps it from the server's listeners. */
const PROBE = new Error("which TLS socket is this?");

let found: TLSSocket | undefined;
/** Node's own name for what it remembers of a TLS socket, found on the first one; null where Node has none. */
let errorEmitted: symbol | null | undefined;

/**
 * The TLS socket that a server just put over a transport; undefined where this Node does not tell. A TLS socket hears of
 * its transport's errors, and tells the server as long as the handshake lasts: so the listener that was added is given
 * an error that is none. `listeners` is how many the transport had before.
 */
export function tlsSocketOver(transport: Duplex, listeners: number): TLSSocket | undefined {
  if (errorEmitted === null || transport.destroyed) return undefined;
  const [listener] = transport.listeners("error").slice(listeners);
  if (listener === undefined) return undefined;
  found = undefined;
  Reflect.apply(listener, transport, [PROBE]);
  if (found !== undefined) tellErrors(found, true);
  return found;
}

/** Whether a 'tlsClientError' is not for the server's listeners. */
export function isProbe(error: unknown, socket: TLSSocket): boolean {
  if (error !== PROBE) return false;
  found = socket;
  return true;
}

/** Whether the server will hear of the next error of a handshake; Node tells one only. */
export function tellErrors(socket: TLSSocket, may: boolean): void {
  errorEmitted ??=
    Object.getOwnPropertySymbols(socket).find(({ description }) => description === "error-emitted") ?? null;
  if (errorEmitted !== null) Reflect.set(socket, errorEmitted, !may);
}
