import type { TLSSocket } from "node:tls";
import type { LiveConnection } from "../trust/sighting.ts";
import type { Handshake } from "./handshake.ts";
import type { Peer } from "./peer.ts";

/** A connection that was handed to the application. */
export class GuardedConnection {
  /** Unique among all processes that share a trust store. */
  readonly id: string;
  readonly socket: TLSSocket;
  /** Undefined when the client is anonymous. */
  readonly peer: Peer | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number = Date.now();
  readonly #handshake: Handshake;

  constructor(handshake: Handshake, socket: TLSSocket, peer: Peer | undefined) {
    this.id = handshake.id;
    this.socket = socket;
    this.peer = peer;
    this.#handshake = handshake;
  }

  /** Undefined on a Unix socket, and when it was first asked for after the connection closed. */
  get remoteAddress(): string | undefined {
    return this.#handshake.remoteAddress;
  }
}

/** As `trust connections` lists it. The address is looked up by whoever reads it. */
export function toLiveConnection(connection: GuardedConnection, peer: Peer): LiveConnection {
  return {
    id: connection.id,
    pin: peer.pin,
    peer: peer.name,
    get remoteAddress() {
      return connection.remoteAddress ?? null;
    },
    since: connection.since,
  };
}
