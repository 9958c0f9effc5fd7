import type { TLSSocket } from "node:tls";
import { toConnectError } from "../../client/connection/refused-by-server.ts";
import { firstSign } from "../../client/connection/first-sign.ts";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import { stdout } from "../terminal/way-out.ts";

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
  process.stdout.on("error", (error) => {
    stdout.failed(error);
    socket.destroy();
  });
  try {
    await Promise.race([firstSign(socket), promise]);
    process.stdin.pipe(socket);
    await promise;
  } finally {
    process.stdin.unpipe(socket);
    process.stdin.destroy();
    if (process.stdout.isTTY && last !== undefined && last !== LINE_FEED) process.stdout.write("\n");
  }
}

const LINE_FEED = 0x0a;
