import { H2cConnection } from "./h2c-connection.ts";
import type { TransportOptions } from "./transport-options.ts";
import { connectUpstream, type IsAwaited } from "../../upstream/upstream.ts";
import type { UpstreamSocket } from "../../upstream/upstream-socket.ts";

/** Requests that wait for the same connection; RFC 9113 §6.5.2 recommends no less room. */
const MOST_WAITING = 100;

type Acquired = (error: Error | undefined, connection: H2cConnection | undefined) => void;

/** A connection that is being made, and who waits for it. */
interface Coming {
  readonly waiting: Map<Acquired, IsAwaited>;
  giveUp: () => void;
}

type H2cOptions = Pick<TransportOptions, "to" | "connectTimeoutMs" | "connectRetryMs" | "times">;

/** Connections to an upstream that speaks HTTP/2 without TLS: another one when those there are carry all they may. */
export class H2cSessions {
  readonly #options: H2cOptions;
  readonly #connections = new Set<H2cConnection>();
  readonly #coming = new Set<Coming>();

  constructor(options: H2cOptions) {
    this.#options = options;
  }

  /** Gives a connection that may carry another stream, at once if there is one. Returns how to give up waiting. */
  acquire(acquired: Acquired, isAwaited: IsAwaited = () => true): () => void {
    for (const connection of this.#connections) {
      if (connection.hasRoom) {
        acquired(undefined, connection);
        return () => undefined;
      }
    }
    const coming = this.#roomy() ?? this.#connect();
    coming.waiting.set(acquired, isAwaited);
    return () => {
      coming.waiting.delete(acquired);
      if (coming.waiting.size > 0) return;
      coming.giveUp();
      this.#coming.delete(coming);
    };
  }

  close(): void {
    for (const connection of this.#connections) connection.retire();
  }

  #roomy(): Coming | undefined {
    for (const coming of this.#coming) if (coming.waiting.size < MOST_WAITING) return coming;
    return undefined;
  }

  #connect(): Coming {
    const { to, times, connectTimeoutMs } = this.#options;
    const coming: Coming = { waiting: new Map(), giveUp: () => undefined };
    this.#coming.add(coming);
    const connected = (error: Error | undefined, socket: UpstreamSocket | undefined): void => {
      this.#coming.delete(coming);
      let connection: H2cConnection | undefined;
      if (socket !== undefined) {
        const made = new H2cConnection(socket, times, connectTimeoutMs, () => {
          this.#connections.delete(made);
        });
        this.#connections.add(made);
        connection = made;
      }
      for (const acquired of coming.waiting.keys()) acquired(error, connection);
    };
    const isAwaited = (): boolean => Array.from(coming.waiting.values()).some((each) => each());
    coming.giveUp = connectUpstream(to, this.#options, connected, {}, isAwaited);
    return coming;
  }
}
