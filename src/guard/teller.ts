import type { Server, TLSSocket } from "node:tls";
import type { Refused } from "../admission/outcome.ts";
import { HandclaspError } from "../errors.ts";
import type { RefusalAlert } from "../trust/judging/alerts.ts";
import { type CutReason, isOfTrust } from "../trust/happenings/cut-reason.ts";
import { Happenings } from "../trust/happenings/happenings.ts";
import type { TrustChanges } from "../trust/happenings/trust-changes.ts";
import type { ArrivalEnd } from "./arrivals/arrivals.ts";
import { publishOnChannels } from "./channels.ts";
import type { GuardedConnection } from "./connection/guarded-connection.ts";
import type { Handshake } from "./connection/handshake.ts";
import type { Peer } from "./connection/peer.ts";
import { socketAddress } from "./connection/remote-address.ts";
import type { GuardSettings } from "./options.ts";
import { createCounters, type GuardStats } from "./stats.ts";

/** Tells on a stream of its own what a guard does, and counts it; makes nothing that nobody hears. */
export class Teller {
  readonly happenings: Happenings;
  readonly #counters = createCounters();
  readonly #listener: string | null;
  readonly #isTheirs: boolean;

  constructor(
    server: Server,
    { happenings: into, listener }: Pick<GuardSettings, "happenings" | "listener">,
  ) {
    this.happenings = new Happenings(into === undefined ? {} : { into });
    this.#listener = listener;
    this.#isTheirs = into !== undefined;
    publishOnChannels(this.happenings, server);
  }

  get stats(): GuardStats {
    return { ...this.#counters, cut: { ...this.#counters.cut } };
  }

  /** On a stream that several guards flow into it would be told by each. */
  changed(changes: TrustChanges): void {
    if (this.#isTheirs || !this.happenings.hears("changed")) return;
    this.happenings.tell({ type: "changed", changes });
  }

  accepted(): void {
    this.#counters.accepted += 1;
  }

  /** A connection came to no verdict. */
  gaveUp(why: ArrivalEnd): void {
    this.#counters[why] += 1;
  }

  admitted(connection: GuardedConnection, peer: Peer): void {
    this.#counters.admitted += 1;
    const type = peer.firstUse ? "met" : peer.rotated ? "rotated" : "recognised";
    if (!this.happenings.hears(type)) return;
    this.happenings.tell({ type, connection, peer, durationMs: performance.now() - connection.acceptedAt });
  }

  anonymous(connection: GuardedConnection): void {
    this.#counters.anonymous += 1;
    if (!this.happenings.hears("anonymous")) return;
    const tlsVersion = connection.socket.getProtocol() ?? "unknown";
    const durationMs = performance.now() - connection.acceptedAt;
    this.happenings.tell({ type: "anonymous", connection, tlsVersion, durationMs });
  }

  refused(handshake: Handshake, refused: Refused, alert: RefusalAlert | null): void {
    const { verdict: refuse, certificate, failure } = refused;
    this.#counters.refused += 1;
    if (failure !== undefined) this.failed(failure, handshake);
    if (!this.happenings.hears("refused")) return;
    this.happenings.tell({
      type: "refused",
      connection: handshake,
      reason: refuse.reason,
      detail: refuse.concern?.problem ?? null,
      problem: refuse.problem ?? null,
      alert,
      pin: refuse.pin,
      peer: refuse.peer,
      conflictsWith: refuse.conflictsWith,
      certificate,
    });
  }

  cut(connection: GuardedConnection, reason: CutReason): void {
    if (isOfTrust(reason)) this.#counters.revoked += 1;
    this.#counters.cut[reason] += 1;
    if (!this.happenings.hears("cut")) return;
    this.happenings.tell({ type: "cut", connection, peer: connection.peer, reason });
  }

  closed(connection: GuardedConnection): void {
    if (!this.happenings.hears("closed")) return;
    const { peer, cutFor, startedAt, socket } = connection;
    this.happenings.tell({
      type: "closed",
      connection,
      peer,
      reason: cutFor ?? null,
      bytesIn: socket.bytesRead,
      bytesOut: socket.bytesWritten,
      durationMs: performance.now() - startedAt,
    });
  }

  renegotiated(error: unknown, handshake: Handshake): void {
    this.#counters.renegotiated += 1;
    this.failed(error, handshake);
  }

  failed(error: unknown, handshake: Handshake): void {
    if (!this.happenings.hears("failed")) return;
    this.happenings.tell({ type: "failed", connection: handshake, listener: this.#listener, error });
  }

  /** A handshake ended that no connection is known for: it was cut. */
  lost(socket: TLSSocket): void {
    if (!this.happenings.hears("failed")) return;
    const connection = { id: "unknown", remoteAddress: socketAddress(socket), listener: this.#listener };
    const problem = "a handshake belongs to no connection that was accepted";
    const error = new HandclaspError("ERR_HANDCLASP_REFUSED", problem);
    this.happenings.tell({ type: "failed", connection, listener: this.#listener, error });
  }
}
