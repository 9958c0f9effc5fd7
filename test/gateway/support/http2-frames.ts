import { once } from "node:events";
import tls from "node:tls";
import type { TestIdentity } from "../../guard/support/identities.ts";
import { clientOptions } from "./http-scene.ts";

export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  continuation: 9,
} as const;
export const FLAG = { endStream: 1, endHeaders: 4, ack: 1 } as const;

/** RFC 9113 §4.1 */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = new Uint8Array(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as literals without indexing (RFC 7541 §6.2.2), in Latin-1: whatever is in them. */
export function fieldBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A connection for frames that no client of Node sends. */
export interface FrameConnection extends AsyncDisposable {
  readonly socket: tls.TLSSocket;
  write(...frames: readonly Uint8Array[]): void;
  /** Frames that came, oldest first, until one is looked for; undefined when the connection closes before. */
  waitFor(found: (received: Received) => boolean): Promise<Received | undefined>;
}

export interface Received {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export async function openFrames(port: number, who?: TestIdentity): Promise<FrameConnection> {
  const socket = tls.connect({ port, ALPNProtocols: ["h2"], ...clientOptions(who) });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  const received: Received[] = [];
  const waiting = new Set<() => void>();
  let rest = Buffer.alloc(0);
  const wake = (): void => {
    for (const look of waiting) look();
  };
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      received.push({
        type: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        stream: rest.readUInt32BE(5),
        payload: rest.subarray(9, end),
      });
      rest = rest.subarray(end);
    }
    wake();
  });
  socket.on("close", wake);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  socket.write(frame(FRAME.settings, 0, 0));
  return {
    socket,
    write: (...frames) => void socket.write(Buffer.concat(frames)),
    waitFor: (found) =>
      new Promise((resolve) => {
        const look = (): void => {
          const one = received.find(found);
          if (one === undefined && !socket.destroyed) return;
          waiting.delete(look);
          resolve(one);
        };
        waiting.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      if (socket.destroyed) return;
      const over = once(socket, "close");
      socket.destroy();
      await over;
    },
  };
}

/** RFC 7541 §5.1, §5.2 */
function text(string: string): Buffer {
  const bytes = Buffer.from(string, "latin1");
  return Buffer.concat([length(bytes.length), bytes]);
}

function length(value: number): Buffer {
  if (value < 127) return Buffer.from([value]);
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
