import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Passes bytes on between a Unix socket of its own and another one. */
export interface UnixRelay extends AsyncDisposable {
  /** From now on nothing gets through, and no connection ends. */
  hang(): void;
  goOn(): void;
}

export async function openUnixRelay(path: string, to: string): Promise<UnixRelay> {
  const sockets = new Set<Socket>();
  let hangs = false;
  const server = createServer((near) => {
    const far = connect({ path: to });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.on("data", (data) => other.write(data));
      if (hangs) one.pause();
    }
  });
  server.listen(path);
  await once(server, "listening");
  return {
    hang() {
      hangs = true;
      for (const socket of sockets) socket.pause();
    },
    goOn() {
      hangs = false;
      for (const socket of sockets) socket.resume();
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
