import type { TLSSocket } from "node:tls";
import { toConnectError } from "../client/refused-by-server.ts";
import { formatServerAddress, type ServerAddress } from "../client/server-address.ts";

/**
 * In TLS 1.3 a server judges us after our handshake is done. What is sent before its alert arrives can end in a reset
 * that hides the alert, so stdin waits for the first sign of life, or this long.
 */
const VERDICT_MS = 200;

/** Sends stdin, half-closes, prints what comes until the server closes. Throws when the server refuses us. */
export async function converse(socket: TLSSocket, address: ServerAddress): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last: number | undefined;
  socket.on("error", (error) => reject(toConnectError(error, formatServerAddress(address))));
  socket.on("close", () => resolve());
  socket.on("data", (chunk: Buffer) => {
    last = chunk.at(-1);
    if (!process.stdout.write(chunk)) socket.pause();
  });
  process.stdout.on("drain", () => socket.resume());
  process.stdout.on("error", () => socket.destroy());
  try {
    await Promise.race([verdict(socket), promise]);
    process.stdin.pipe(socket);
    await promise;
  } finally {
    process.stdin.unpipe(socket);
    process.stdin.destroy();
    if (process.stdout.isTTY && last !== undefined && last !== LINE_FEED) process.stdout.write("\n");
  }
}

const LINE_FEED = 0x0a;

function verdict(socket: TLSSocket): Promise<void> | undefined {
  const ticket: Buffer | undefined = socket.getTLSTicket();
  if (socket.getProtocol() !== "TLSv1.3" || socket.destroyed || ticket !== undefined) return undefined;
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, VERDICT_MS);
    for (const sign of ["session", "data", "end", "close"] as const) {
      socket.once(sign, () => {
        clearTimeout(timer);
        resolve();
      });
    }
  });
}
