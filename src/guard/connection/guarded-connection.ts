import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { LiveConnection } from "../../trust/records/sighting.ts";
import type { KeyPin } from "../../x509/certificate-facts.ts";
import type { CutReason } from "../../trust/happenings/cut-reason.ts";
import type { BoundHandshake } from "./handshake.ts";
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
  /** On the clock of `performance.now()`, which does not jump. */
  readonly startedAt: number = performance.now();
  /** Why it was ended; undefined while it was not, or when its client did. */
  cutFor: CutReason | undefined;
  readonly #handshake: BoundHandshake;

  constructor(handshake: BoundHandshake, peer: Peer | undefined) {
    this.id = handshake.id;
    this.socket = handshake.socket;
    this.peer = peer;
    this.#handshake = handshake;
  }

  /** What carries the bytes on the wire. */
  get transport(): Duplex {
    return this.#handshake.transport;
  }

  /** When it was accepted, on the clock of `performance.now()`. */
  get acceptedAt(): number {
    return this.#handshake.beganAt;
  }

  /** Undefined on a Unix socket, and when it was first asked for after the connection closed. */
  get remoteAddress(): string | undefined {
    return this.#handshake.remoteAddress;
  }

  /** The name of the listener that it came to; null where it has none. */
  get listener(): string | null {
    return this.#handshake.listener;
  }
}

/** A connection as it is listed. The address is looked up by whoever reads it. */
export class ListedPeer implements LiveConnection {
  readonly #connection: GuardedConnection;
  readonly #peer: Peer;

  constructor(connection: GuardedConnection, peer: Peer) {
    this.#connection = connection;
    this.#peer = peer;
  }

  get id(): string {
    return this.#connection.id;
  }

  get pin(): KeyPin {
    return this.#peer.pin;
  }

  get peer(): string {
    return this.#peer.name;
  }

  get remoteAddress(): string | null {
    return this.#connection.remoteAddress ?? null;
  }

  get listener(): string | null {
    return this.#connection.listener;
  }

  get since(): number {
    return this.#connection.since;
  }
}
