import { type buildConnector, Client, type Dispatcher } from "undici";

/** Begins a connection, for a request that waits for it. */
type ConnectFor<Handler> = (handler: Handler | undefined, connected: buildConnector.Callback) => void;

/** undici's client of one connection at a time, with one request at a time on it. */
class KeptClient<Handler extends Dispatcher.DispatchHandler> extends Client {
  /** Whose request it has. */
  handler: Handler | undefined;
  /** By `performance.now()`; undefined without a connection. */
  openedAt: number | undefined;

  /** Says whether it takes the request; what undici cannot send it does not, and nothing else follows. */
  takes(request: Dispatcher.DispatchOptions, handler: Handler): boolean {
    this.handler = handler;
    return this.dispatch(request, handler) || this.stats.size > 0;
  }
}

/** Nobody is asked: the connector decides where it goes, and `Host` is among each request's fields. */
const ORIGIN = "http://upstream.invalid";

/**
 * As many connections to an upstream as there are requests, kept for others; the one that was used last comes first.
 * undici's own pool goes through all of them for each request, and asks how old they are.
 */
export class KeptClients<Handler extends Dispatcher.DispatchHandler> {
  readonly #options: Client.Options;
  readonly #mostAgeMs: number;
  readonly #connectFor: ConnectFor<Handler>;
  /** With a connection and without a request. */
  readonly #idle: KeptClient<Handler>[] = [];
  #isClosed = false;

  /** No request begins on a connection that is older than `mostAgeMs`. */
  constructor(options: Omit<Client.Options, "connect">, mostAgeMs: number, connectFor: ConnectFor<Handler>) {
    this.#options = options;
    this.#mostAgeMs = mostAgeMs;
    this.#connectFor = connectFor;
  }

  dispatch(request: Dispatcher.DispatchOptions, handler: Handler): void {
    const client = this.#take() ?? this.#create();
    if (!client.takes(request, handler)) this.#free(client);
  }

  /** Closes connections that are not in use, and others once they are not. */
  close(): void {
    this.#isClosed = true;
    for (const client of this.#idle.splice(0)) close(client);
  }

  #take(): KeptClient<Handler> | undefined {
    for (;;) {
      const client = this.#idle.pop();
      const { openedAt } = client ?? {};
      if (openedAt === undefined || performance.now() - openedAt <= this.#mostAgeMs) return client;
      if (client !== undefined) close(client);
    }
  }

  #create(): KeptClient<Handler> {
    const connect = (_: unknown, connected: buildConnector.Callback): void =>
      this.#connectFor(client.handler, connected);
    const client: KeptClient<Handler> = new KeptClient<Handler>(ORIGIN, { ...this.#options, connect });
    client.on("connect", () => {
      client.openedAt = performance.now();
      // Whom it was made for did not wait.
      if (client.handler === undefined) this.#free(client);
    });
    client.on("drain", () => {
      if (client.handler !== undefined) this.#free(client);
    });
    client.on("disconnect", () => {
      client.openedAt = undefined;
      const at = this.#idle.indexOf(client);
      if (at !== -1) this.#idle.splice(at, 1);
    });
    return client;
  }

  /** Without a connection there is nothing to keep. */
  #free(client: KeptClient<Handler>): void {
    client.handler = undefined;
    if (client.openedAt === undefined) return;
    if (this.#isClosed) close(client);
    else this.#idle.push(client);
  }
}

function close(client: Client): void {
  void client.close().catch(() => undefined);
}
