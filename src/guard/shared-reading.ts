import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What Node's `onread` option of a socket leads to; a socket that a server accepted cannot be given that option. */
interface ReadingHandle {
  readonly useUserBuffer?: (buffer: Uint8Array) => void;
}

/** What the system has for one read at most, as in libuv. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);
/** Node's own names for the properties, found on the first socket. */
let names: readonly [buffer: symbol, callback: symbol] | undefined;

/**
 * Has a socket read into memory that all share and hand over each read as a view of it, good for as long as the call
 * lasts (docs/decisions/0025); before whatever reads the socket already, TLS too. Says whether this Node can.
 */
export function readShared(transport: Duplex, onRead: (view: Buffer) => void): boolean {
  if (Object.getPrototypeOf(transport) !== Socket.prototype) return false;
  const handle = Reflect.get(transport, "_handle") as ReadingHandle | null;
  names ??= namesOn(transport);
  if (!handle?.useUserBuffer || names === undefined) return false;
  const [buffer, callback] = names;
  Reflect.set(transport, buffer, SHARED);
  Reflect.set(transport, callback, (length: number) => {
    onRead(length === SHARED.length ? SHARED : SHARED.subarray(0, length));
    return true;
  });
  handle.useUserBuffer(SHARED);
  return true;
}

function namesOn(transport: Duplex): readonly [symbol, symbol] | undefined {
  const own = Object.getOwnPropertySymbols(transport);
  const [buffer, callback] = ["kBuffer", "kBufferCb"].map((name) =>
    own.find(({ description }) => description === name),
  );
  return buffer === undefined || callback === undefined ? undefined : [buffer, callback];
}
