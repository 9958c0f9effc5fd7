import type { Duplex } from "node:stream";

const HEADER = 5;
const HANDSHAKE = 22;
/** RFC 8446 §5.1. */
const MOST_PLAINTEXT = 2 ** 14;

/**
 * Calls back with what a client sent first, once its first TLS record is whole, or as soon as it can be none; the
 * stream can then be read from its beginning. Never calls back when the client ends before. RFC 8446 §5.1.
 */
export function peekFirstRecord(transport: Duplex, then: (bytes: Buffer) => void): void {
  let bytes: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    const chunk = transport.read() as Buffer | null;
    if (chunk === null) return;
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    if (bytes.length < wanted(bytes)) return;
    settle();
    transport.unshift(bytes);
    then(bytes);
  };
  const onEnd = (): void => {
    settle();
    transport.destroy();
  };
  const settle = (): void => {
    transport.off("readable", onReadable);
    transport.off("end", onEnd);
    transport.off("error", onEnd);
  };
  transport.on("readable", onReadable);
  transport.on("end", onEnd);
  transport.on("error", onEnd);
}

/** How many bytes it takes to know; 0 when it is no handshake. */
function wanted(bytes: Buffer): number {
  if (bytes[0] !== HANDSHAKE) return 0;
  if (bytes.length < HEADER) return HEADER;
  const length = bytes.readUInt16BE(3);
  return length > MOST_PLAINTEXT ? 0 : HEADER + length;
}
