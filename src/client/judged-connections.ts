import type { TLSSocket } from "node:tls";
import type { KnownServers } from "./known-servers.ts";
import type { VerifiedSocket } from "./verified-socket.ts";

/** The connections of a pool: each was judged when it was made, and is judged again before it is used again. */
export class JudgedConnections {
  readonly #knownServers: KnownServers;
  readonly #end: (connection: VerifiedSocket) => void;
  readonly #open = new Set<VerifiedSocket>();

  /** `end` ends a connection so that the pool does not use it from that moment on. */
  constructor(knownServers: KnownServers, end: (connection: VerifiedSocket) => void) {
    this.#knownServers = knownServers;
    this.#end = end;
  }

  get size(): number {
    return this.#open.size;
  }

  add(connection: VerifiedSocket): TLSSocket {
    const { socket } = connection;
    this.#open.add(connection);
    socket.once("close", () => this.#open.delete(connection));
    return socket;
  }

  /** Ends those to an address (`HOST:PORT`) whose key is no longer trusted there, with what is under way on them. */
  endDistrusted(address: string): void {
    for (const connection of this.#open) {
      if (connection.address !== address || this.#isTrusted(connection)) continue;
      this.#open.delete(connection);
      this.#end(connection);
    }
  }

  #isTrusted({ address, facts }: VerifiedSocket): boolean {
    try {
      return this.#knownServers.judge(address, facts, "refuse").decision === "admit";
    } catch {
      return false;
    }
  }
}
