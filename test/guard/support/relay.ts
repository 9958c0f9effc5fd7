import { once } from "node:events";
import net, { type AddressInfo } from "node:net";

/** Passes bytes on between clients and one server. */
export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** What the server sent over each connection, in the order in which they were made. */
  readonly fromServer: readonly Buffer[][];
}

/**
 * A relay that forwards one byte of one connection after the other, chosen at random; `slice` bytes at once, to come
 * to an end.
 */
export async function openRelay(serverPort: number, slice = 1): Promise<Relay> {
  const fromServer: Buffer[][] = [];
  const queues = new Set<Queue>();
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    const upstream = net.connect({ port: serverPort, host: "127.0.0.1", allowHalfOpen: true });
    const heard: Buffer[] = [];
    fromServer.push(heard);
    upstream.on("data", (chunk: Buffer) => heard.push(chunk));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      to.setNoDelay(true);
      const queue = new Queue(to);
      queues.add(queue);
      from.on("data", (chunk: Buffer) => queue.push(chunk));
      from.on("end", () => queue.end());
      from.on("error", () => to.destroy());
      to.on("close", () => queues.delete(queue));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const timer = setInterval(() => {
    // Several steps a turn, or a handshake of 4 kB would take 4000 turns.
    for (let step = 0; step < 64; step++) {
      const waiting = [...queues].filter((queue) => queue.isWaiting);
      waiting[Math.floor(Math.random() * waiting.length)]?.forward(slice);
    }
  }, 0);
  return {
    port: (server.address() as AddressInfo).port,
    fromServer,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      for (const queue of queues) queue.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

class Queue {
  readonly #to: net.Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #ending = false;

  constructor(to: net.Socket) {
    this.#to = to;
  }

  get isWaiting(): boolean {
    return this.#bytes.length > 0 || this.#ending;
  }

  push(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }

  end(): void {
    this.#ending = true;
  }

  forward(count: number): void {
    if (this.#bytes.length > 0) {
      this.#to.write(this.#bytes.subarray(0, count));
      this.#bytes = this.#bytes.subarray(count);
    } else if (this.#ending) {
      this.#ending = false;
      this.#to.end();
    }
  }

  destroy(): void {
    this.#to.destroy();
  }
}
