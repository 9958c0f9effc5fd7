import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Server, TLSSocket } from "node:tls";
import type { RefusedMessage } from "../guard/channels.ts";
import type { KeyPin } from "../x509/certificate-facts.ts";

const REFUSED = "handclasp:refused";

/** What the guard of a server in this process says of a client, from the moment that this is made. */
export class WatchedVerdict implements Disposable {
  readonly #server: Server;
  readonly #pin: KeyPin;
  readonly #ports = new Set<number>();
  #refusal: RefusedMessage | undefined;
  #tell: () => void = () => undefined;

  readonly #admitted = (socket: TLSSocket): void => {
    if (socket.remotePort !== undefined) this.#ports.add(socket.remotePort);
    this.#tell();
  };
  readonly #refused = (message: unknown): void => {
    const refusal = message as RefusedMessage;
    if (refusal.server !== this.#server || refusal.pin !== this.#pin) return;
    this.#refusal = refusal;
    this.#tell();
  };

  constructor(server: Server, pin: KeyPin) {
    this.#server = server;
    this.#pin = pin;
    server.on("secureConnection", this.#admitted);
    subscribe(REFUSED, this.#refused);
  }

  /** The client's newest refusal so far. */
  get refusal(): RefusedMessage | undefined {
    return this.#refusal;
  }

  /** Resolves when the client was refused, or its connection from a port was handed to the server's listeners. */
  async on(port: number): Promise<void> {
    while (this.#refusal === undefined && !this.#ports.has(port)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#tell = resolve;
      await promise;
    }
  }

  [Symbol.dispose](): void {
    this.#server.off("secureConnection", this.#admitted);
    unsubscribe(REFUSED, this.#refused);
  }
}
