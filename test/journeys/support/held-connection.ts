import tls from "node:tls";
import type { Credentials } from "./certificates.ts";

/** A connection that a client keeps open and says nothing on. */
export class HeldConnection implements Disposable {
  readonly socket: tls.TLSSocket;
  /** When it was closed, milliseconds since the epoch. */
  readonly closedAt: Promise<number>;

  constructor(socket: tls.TLSSocket) {
    this.socket = socket;
    this.closedAt = new Promise((resolve) => socket.on("close", () => resolve(Date.now())));
    socket.on("error", () => undefined);
    socket.resume();
  }

  /** Resolves when the server has let it in, or not: whoever is refused gets no session ticket. */
  static async open(
    port: number,
    who: Pick<Credentials, "cert" | "key">,
    options: tls.ConnectionOptions = {},
  ): Promise<HeldConnection> {
    const { cert, key } = who;
    const socket = tls.connect({ port, host: "127.0.0.1", rejectUnauthorized: false, cert, key, ...options });
    const held = new HeldConnection(socket);
    const connected = new Promise((resolve) => socket.on("secureConnect", resolve));
    const ticket = new Promise((resolve) => socket.on("session", resolve));
    await Promise.race([Promise.all([connected, ticket]), held.closedAt]);
    return held;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
