import type { TLSSocket } from "node:tls";
import type { HandclaspError } from "../../errors.ts";
import type { KnownServers } from "../servers/known-servers.ts";
import { noLongerTrusted } from "../servers/live-servers.ts";
import type { VerifiedSocket } from "../connection/verified-socket.ts";

/** The connections of a pool: each was judged when it was made, and is judged again before it is used again. */
export class JudgedConnections {
  readonly #knownServers: KnownServers;
  readonly #end: (socket: TLSSocket, error: HandclaspError) => void;
  readonly #open = new Map<TLSSocket, VerifiedSocket>();
  /** The last one that was ended, by address. */
  readonly #ended = new Map<string, HandclaspError>();

  /** `end` ends a connection so that the pool does not use it from that moment on. */
  constructor(knownServers: KnownServers, end: (socket: TLSSocket, error: HandclaspError) => void) {
    this.#knownServers = knownServers;
    this.#end = end;
  }

  get size(): number {
    return this.#open.size;
  }

  /** From now on it is ended as soon as its server's key is no longer trusted. */
  add(connection: VerifiedSocket): TLSSocket {
    const { socket } = connection;
    connection.endBy((error) => this.#endOne(connection, error));
    this.#open.set(socket, connection);
    socket.once("close", () => this.#open.delete(socket));
    return socket;
  }

  /** Ends those to an address (`HOST:PORT`) whose key is no longer trusted there, with what is under way on them. */
  endDistrusted(address: string): void {
    for (const connection of this.#open.values()) if (connection.address === address) this.#judge(connection);
  }

  /** The same for one connection, of this pool or not. */
  endIfDistrusted(socket: TLSSocket): void {
    const connection = this.#open.get(socket);
    if (connection !== undefined) this.#judge(connection);
  }

  /** Why the last connection to an address was ended; undefined when none was. */
  lastEnd(address: string): HandclaspError | undefined {
    return this.#ended.get(address);
  }

  #judge(connection: VerifiedSocket): void {
    const { address, facts } = connection;
    if (this.#knownServers.isTrusted(address, facts)) return;
    this.#endOne(connection, noLongerTrusted({ address, pin: facts.pin }));
  }

  #endOne({ socket, address }: VerifiedSocket, error: HandclaspError): void {
    if (!this.#open.delete(socket)) return;
    this.#ended.set(address, error);
    this.#end(socket, error);
  }
}
