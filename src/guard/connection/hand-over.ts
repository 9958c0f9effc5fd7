import type { ServerHttp2Session } from "node:http2";
import { closeWhenEnded } from "./end-with-client.ts";
import type { GuardedConnection } from "./guarded-connection.ts";
import { connectionOf, rememberConnection } from "./peer-of.ts";

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/** Gives connections to the listeners of a server, and remembers which of them each session and stream belongs to. */
export class HandOver {
  readonly #emit: Emit;
  #current: GuardedConnection | undefined;

  /** `emit` tells the server's own listeners. */
  constructor(emit: Emit) {
    this.#emit = emit;
  }

  give(connection: GuardedConnection): boolean {
    this.#current = connection;
    try {
      return this.#emit("secureConnection", connection.socket);
    } finally {
      this.#current = undefined;
    }
  }

  /** Takes note of what the server made of a connection, and tells of by 'session' or 'stream'. */
  hears(event: string | symbol, made: unknown): void {
    if (event === "session") {
      // Comes while the socket is handed over; an HTTP/2 session shows its socket through a proxy only.
      rememberConnection(made, this.#current);
      closeWhenEnded(made as ServerHttp2Session);
    } else if (event === "stream") {
      // A stream forgets its session when it closes.
      rememberConnection(made, connectionOf(made));
    }
  }
}
