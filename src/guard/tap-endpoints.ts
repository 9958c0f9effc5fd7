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

const TRANSPORTS = new WeakMap<object, Duplex>();
/** The same functions for all borrowers: V8 then has one shape for all, which is several times cheaper to make. */
const LENT_PROPERTIES: PropertyDescriptorMap = Object.fromEntries(
  PROPERTIES.map((name) => [name, { configurable: true, enumerable: true, get: readerOf(name) }]),
);
const LENT_METHODS: PropertyDescriptorMap = Object.fromEntries(
  METHODS.map((name) => [name, { configurable: true, writable: true, value: callerOf(name) }]),
);

/** Lets `borrower`, which has no socket of its own, answer and act as the transport below it does. */
export function lendEndpoints(borrower: Duplex, transport: Duplex): void {
  TRANSPORTS.set(borrower, transport);
  // Asked once while it is open, a socket still knows both ends after it closed.
  for (const name of ["remoteAddress", "localAddress"]) Reflect.get(transport, name);
  Object.defineProperties(borrower, LENT_PROPERTIES);
  if (transport instanceof Socket) Object.defineProperties(borrower, LENT_METHODS);
}

function readerOf(name: string): (this: object) => unknown {
  return function () {
    const transport = TRANSPORTS.get(this);
    return transport === undefined ? undefined : Reflect.get(transport, name);
  };
}

function callerOf(name: (typeof METHODS)[number]): (this: object, ...args: readonly unknown[]) => unknown {
  return function (...args) {
    const transport = TRANSPORTS.get(this);
    if (!(transport instanceof Socket)) return undefined;
    const result: unknown = Reflect.apply(transport[name], transport, args);
    return result === transport ? this : result;
  };
}
