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
/** Between a class and those of its objects that borrow: of one shape, which is cheaper than properties on each. */
const LENDING = new WeakMap<object, object>();

/** Lets `borrower`, which has no socket of its own, answer and act as the transport below it does. */
export function lendEndpoints(borrower: Duplex, transport: Duplex): void {
  TRANSPORTS.set(borrower, transport);
  const prototype = Reflect.getPrototypeOf(borrower) ?? Object.prototype;
  const lending = LENDING.get(prototype) ?? lendingTo(prototype);
  LENDING.set(prototype, lending);
  Object.setPrototypeOf(borrower, lending);
}

/** Asked once while it is open, a socket still knows both ends after it closed. */
export function rememberEndpoints(transport: Duplex): void {
  for (const name of ["remoteAddress", "localAddress"]) Reflect.get(transport, name);
}

/** Has the objects of a class answer and act as the transport below each. */
export function lendEndpointsBy<T extends object>(prototype: T, transportOf: (borrower: T) => Duplex): void {
  Object.defineProperties(
    prototype,
    lent((borrower) => transportOf(borrower as T)),
  );
}

function lendingTo(prototype: object): object {
  return Object.create(
    prototype,
    lent((borrower) => TRANSPORTS.get(borrower)),
  ) as object;
}

function lent(transportOf: (borrower: object) => Duplex | undefined): PropertyDescriptorMap {
  const properties = PROPERTIES.map((name) => {
    const get = function (this: object): unknown {
      const transport = transportOf(this);
      return transport === undefined ? undefined : Reflect.get(transport, name);
    };
    return [name, { configurable: true, enumerable: true, get }] as const;
  });
  const methods = METHODS.map((name) => {
    const value = function (this: object, ...args: readonly unknown[]): unknown {
      const transport = transportOf(this);
      if (!(transport instanceof Socket)) return undefined;
      const result: unknown = Reflect.apply(transport[name], transport, args);
      return result === transport ? this : result;
    };
    return [name, { configurable: true, writable: true, value }] as const;
  });
  return Object.fromEntries([...properties, ...methods]);
}
