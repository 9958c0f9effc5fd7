import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/** Passes bytes on between a Unix socket of its own and another one. */
export interface UnixRelay extends AsyncDisposable {
  /** From now on nothing gets through, and no connection ends. */
  hang(): void;
  goOn(): void;
  /** The next thing of this kind that is said is answered so, and does not get through. */
  answer(said: RegExp, answer: string): void;
}

export async function openUnixRelay(path: string, to: string): Promise<UnixRelay> {
  const sockets = new Set<Socket>();
  let hangs = false;
  let answered: { readonly said: RegExp; readonly answer: string } | undefined;
  const server = createServer((near) => {
    const far = connect({ path: to });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
      one.on("data", (data) => {
        if (one !== near || answered?.said.test(data.toString()) !== true) return void other.write(data);
        near.write(answered.answer);
        answered = undefined;
      });
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
    answer(said, answer) {
      answered = { said, answer };
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
