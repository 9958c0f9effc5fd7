import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What a `net.Socket` tells of its two ends. */
const PROPERTIES = [
  "remoteAddress",
  "remotePort",
  "remoteFamily",
  "localAddress",
  "localPort",
  "localFamily",
] as const;
/** What only the socket of the operating system can do. */
const METHODS = ["address", "setNoDelay", "setKeepAlive", "ref", "unref"] as const;

/** Lets `borrower`, which has no socket of its own, answer and act as the transport below it does. */
export function lendEndpoints(borrower: Duplex, transport: Duplex): void {
  for (const name of PROPERTIES) {
    const get = (): unknown => Reflect.get(transport, name);
    // Asked once while it is open, a socket still knows it after it closed.
    get();
    Object.defineProperty(borrower, name, { configurable: true, enumerable: true, get });
  }
  if (!(transport instanceof Socket)) return;
  for (const name of METHODS) {
    const value = (...args: readonly unknown[]): unknown => {
      const result: unknown = Reflect.apply(transport[name], transport, args);
      return result === transport ? borrower : result;
    };
    Object.defineProperty(borrower, name, { configurable: true, writable: true, value });
  }
}
