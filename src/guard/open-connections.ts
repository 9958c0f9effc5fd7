import type { Admission } from "../admission/admission.ts";
import type { Admitted, Anonymous } from "../admission/outcome.ts";
import type { CutReason } from "../trust/happenings/cut-reason.ts";
import type { TrustChanges } from "../trust/happenings/trust-changes.ts";
import type { TrustPort } from "../trust/trust-port.ts";
import { GuardedConnection, ListedPeer } from "./connection/guarded-connection.ts";
import type { BoundHandshake, Handshake } from "./connection/handshake.ts";
import { toPeer } from "./connection/peer.ts";
import { connectionOf, rememberConnection } from "./connection/peer-of.ts";
import { LiveConnections } from "./open/live-connections.ts";
import { TrustWatch } from "./open/trust-watch.ts";
import type { Teller } from "./teller.ts";
import type { Tickets } from "./tickets/tickets.ts";

export interface OpenConnectionsOptions {
  readonly trust: TrustPort;
  readonly admission: Admission;
  readonly tickets: Tickets;
  readonly tell: Teller;
}

/** The connections of those who were let in: on the list, watched, and cut with a reason when they may stay no longer. */
export class OpenConnections implements Iterable<GuardedConnection> {
  readonly #trust: TrustPort;
  readonly #tell: Teller;
  readonly #live = new LiveConnections();
  readonly #watch: TrustWatch;

  constructor({ trust, admission, tickets, tell }: OpenConnectionsOptions) {
    this.#trust = trust;
    this.#tell = tell;
    this.#watch = new TrustWatch({
      admission,
      live: this.#live,
      tickets,
      onFallen: (...fallen) => this.cut(...fallen),
    });
  }

  [Symbol.iterator](): Iterator<GuardedConnection> {
    return this.#live[Symbol.iterator]();
  }

  /** The one that a handshake led to, as long as it is open. */
  after({ socket }: Handshake): GuardedConnection | undefined {
    const connection = connectionOf(socket);
    return connection !== undefined && this.#live.has(connection) ? connection : undefined;
  }

  /** To be called in the moment of the outcome: what changes later, this hears of. */
  add(handshake: BoundHandshake, outcome: Admitted | Anonymous): GuardedConnection {
    if (outcome.decision === "anonymous") {
      const connection = this.#add(new GuardedConnection(handshake, undefined), null);
      this.#tell.anonymous(connection);
      return connection;
    }
    const peer = toPeer(handshake, outcome, this.#trust.groups);
    const connection = this.#add(new GuardedConnection(handshake, peer), outcome.verdict.until);
    this.#trust.journal.opened(new ListedPeer(connection, peer));
    this.#tell.admitted(connection, peer);
    return connection;
  }

  /** Ends an open connection, and tells why. */
  cut(connection: GuardedConnection, reason: CutReason): void {
    if (connection.cutFor !== undefined) return;
    connection.cutFor = reason;
    this.#tell.cut(connection, reason);
    connection.socket.destroy();
  }

  /** Cuts those of whoever may stay no longer; `isAll`: whoever that is. */
  changed(changes: TrustChanges, isAll: boolean): void {
    if (isAll) this.#watch.anew(changes);
    else this.#watch.changed(changes);
  }

  /** The connection that a handshake led to is over, if there was one. */
  ended(handshake: Handshake): void {
    const connection = this.after(handshake);
    if (connection === undefined) return;
    this.#watch.delete(connection);
    if (connection.peer !== undefined) this.#trust.journal.closed(connection.id);
    this.#tell.closed(connection);
  }

  /** Cuts all of them. */
  close(): void {
    this.#watch.clear();
    for (const connection of this.#live) this.cut(connection, "closed");
  }

  #add(connection: GuardedConnection, until: number | null): GuardedConnection {
    rememberConnection(connection.socket, connection);
    this.#watch.add(connection, until);
    return connection;
  }
}
