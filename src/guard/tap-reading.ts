import type { Duplex } from "node:stream";
import { readShared } from "./shared-reading.ts";

/**
 * Calls back with what comes in while the transport flows; the bytes are never changed afterwards. Node takes 64 KiB
 * anew for each read of a socket, and V8 then collects all garbage far more often (docs/decisions/0025): where this
 * Node can, they are copied out of memory that all share.
 */
export function readFrom(transport: Duplex, onBytes: (bytes: Buffer) => void): void {
  transport.on("data", onBytes);
  // What the stream holds already would be overtaken.
  if (transport.readableLength === 0) readShared(transport, (view) => onBytes(Buffer.from(view)));
}
