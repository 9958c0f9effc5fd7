import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

/** Stands before an upstream, and can stop passing on what the connections of now say, as a network can. */
export interface SilentProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections it has had. */
  readonly connections: readonly net.Socket[];
  /** Neither side hears of the other any more, nor of its end. */
  silence(): void;
}

export async function openSilentProxy(to: number): Promise<SilentProxy> {
  const pairs: { readonly near: net.Socket; readonly far: net.Socket }[] = [];
  const connections: net.Socket[] = [];
  const server = net.createServer({ noDelay: true }, (near) => {
    const far = net.connect({ port: to, host: "127.0.0.1", noDelay: true });
    near.on("error", () => undefined).pipe(far);
    far.on("error", () => undefined).pipe(near);
    pairs.push({ near, far });
    connections.push(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    silence() {
      for (const { near, far } of pairs) {
        near.unpipe(far).resume();
        far.unpipe(near).resume();
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      const over = once(server, "close");
      server.close();
      await over;
    },
  };
}
