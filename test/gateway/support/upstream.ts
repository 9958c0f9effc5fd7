import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import type { TestIdentity } from "../../guard/support/identities.ts";

/** A TCP service in this process. */
export class TestUpstream implements AsyncDisposable {
  readonly sockets: Set<Socket> = new Set<Socket>();
  readonly #server: Server;
  #next = Promise.withResolvers<Socket>();

  constructor(serve: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.sockets.delete(socket));
      serve(socket);
      this.#next.resolve(socket);
      this.#next = Promise.withResolvers();
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next connection that comes. */
  connection(): Promise<Socket> {
    return this.#next.promise;
  }

  async listen(port: number = 0): Promise<this> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}

/** Sends back what it gets. */
export function echo(socket: Socket): void {
  socket.pipe(socket);
}

export function openUpstream(serve: (socket: Socket) => void = echo): Promise<TestUpstream> {
  return new TestUpstream(serve).listen();
}

/** A client of the gateway once its handshake is over. What it is refused for comes as an error later. */
export async function openClient(
  port: number,
  identity: TestIdentity | undefined,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  // Read by the socket that TLS makes; the types have it for other sockets only.
  const halfOpen = { allowHalfOpen: true };
  const socket = connectTls({
    ...halfOpen,
    port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ...(identity !== undefined && { key: identity.key, cert: identity.cert }),
    ...options,
  });
  await once(socket, "secureConnect");
  return socket;
}

/** Sends, half-closes, and reads to the end. */
export async function exchange(socket: TLSSocket, sent: string): Promise<string> {
  socket.end(sent);
  return String(await received(socket));
}

/** All that comes until the other side ends its half; ours stays open. */
export async function received(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(socket, "end");
  return Buffer.concat(chunks);
}

/** Reads whatever comes until the connection is gone, with an error or without. */
export function gone(socket: Socket): Promise<void> {
  socket.on("error", () => undefined);
  socket.on("end", () => socket.end());
  socket.resume();
  return new Promise((resolve) => socket.on("close", () => resolve()));
}

/** A client whose first words came back. */
export async function talking(
  port: number,
  who: Parameters<typeof openClient>[1],
): ReturnType<typeof openClient> {
  const client = await openClient(port, who);
  client.write("hello");
  await once(client, "data");
  return client;
}

/** Whether its words still come back. */
export async function answers(client: Awaited<ReturnType<typeof openClient>>): Promise<boolean> {
  client.write("still there?");
  const [chunk] = (await once(client, "data")) as [Buffer];
  return String(chunk) === "still there?";
}
