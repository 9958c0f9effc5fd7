import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What Node's `onread` option of a socket leads to; a socket that a server accepted cannot be given that option. */
interface ReadingHandle {
  readonly useUserBuffer?: (buffer: Uint8Array) => void;
}

/** What the system has for one read at most, as in libuv. */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);

/** Calls back with what comes in while the transport flows; the bytes are never changed afterwards. */
export function readFrom(transport: Duplex, onBytes: (bytes: Buffer) => void): void {
  transport.on("data", onBytes);
  // What the stream holds already would be overtaken.
  if (transport.readableLength === 0) shareBuffer(transport, onBytes);
}

/**
 * Has a socket read into memory that all share, and copies out of it. Node takes 64 KiB anew for each read, and V8 then
 * collects all garbage far more often (docs/decisions/0025). Where this Node has no such buffers, 'data' goes on.
 */
function shareBuffer(transport: Duplex, onBytes: (bytes: Buffer) => void): void {
  if (Object.getPrototypeOf(transport) !== Socket.prototype) return;
  const handle = Reflect.get(transport, "_handle") as ReadingHandle | null;
  const own = Object.getOwnPropertySymbols(transport);
  const [buffer, callback] = ["kBuffer", "kBufferCb"].map((name) =>
    own.find(({ description }) => description === name),
  );
  if (!handle?.useUserBuffer || buffer === undefined || callback === undefined) return;
  Reflect.set(transport, buffer, SHARED);
  Reflect.set(transport, callback, (length: number) => {
    onBytes(Buffer.from(SHARED.subarray(0, length)));
    return true;
  });
  handle.useUserBuffer(SHARED);
}
