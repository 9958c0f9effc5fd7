import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import { Admission } from "../admission/admission.ts";
import type { Admitted, Claimed, Refused } from "../admission/outcome.ts";
import type { HandclaspError } from "../errors.ts";
import { type CutReason, isOfTrust } from "../trust/happenings/cut-reason.ts";
import type { Happenings } from "../trust/happenings/happenings.ts";
import type { TrustPort } from "../trust/trust-port.ts";
import { Arrivals } from "./arrivals/arrivals.ts";
import { Reception } from "./arrivals/reception.ts";
import { checkServer, checkTrust, warnOfServer } from "./check-server.ts";
import { endWhenBroken } from "./connection/end-with-client.ts";
import { GuardedConnection, ListedPeer } from "./connection/guarded-connection.ts";
import { rememberGuarded } from "./connection/guarded-servers.ts";
import { HandOver } from "./connection/hand-over.ts";
import { type BoundHandshake, Handshake } from "./connection/handshake.ts";
import { handshakeOf } from "./connection/handshake-of.ts";
import { LiveConnections } from "./open/live-connections.ts";
import { type Peer, toPeer } from "./connection/peer.ts";
import { rememberConnection } from "./connection/peer-of.ts";
import { type GuardOptions, type GuardSettings, guardSettings } from "./options.ts";
import { Departures } from "./refusal/departures.ts";
import { withholdEnd } from "./refusal/withheld-end.ts";
import { createCounters, type GuardStats } from "./stats.ts";
import { Teller } from "./teller.ts";
import { Tap } from "./tap/tap.ts";
import { Tickets } from "./tickets/tickets.ts";
import { TrustWatch } from "./open/trust-watch.ts";

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Lets only recognised clients reach the listeners of a `tls`, `https` or `http2` server, those added later too. Call
 * it before the server listens: connections that are open already are not looked at.
 */
export function guard(server: Server, trust: TrustPort, options: GuardOptions = {}): Guard {
  checkServer("guard()", server);
  checkTrust(trust);
  const settings = guardSettings(options);
  rememberGuarded(server, settings.listener);
  warnOfServer(server, settings);
  return new Guard(server, trust, settings);
}

/** What stands between a server and its clients. `guard()` makes it. */
export class Guard implements Disposable {
  readonly #trust: TrustPort;
  readonly #settings: GuardSettings;
  readonly #tell: Teller;
  readonly #counters = createCounters();
  readonly #emit: Emit;
  readonly #reception: Reception;
  readonly #arrivals: Arrivals;
  readonly #admission: Admission;
  readonly #departures: Departures;
  readonly #handOver: HandOver;
  readonly #live = new LiveConnections();
  readonly #tickets: Tickets;
  readonly #watch: TrustWatch;
  readonly #unsubscribe: () => void;
  #closed = false;

  constructor(server: Server, trust: TrustPort, settings: GuardSettings) {
    this.#trust = trust;
    this.#settings = settings;
    this.#tell = new Teller(server, settings);
    this.#admission = new Admission(trust, settings.clientCertificate);
    this.#arrivals = new Arrivals(settings, (why) => {
      this.#counters[why] += 1;
    });
    // Both are read by the server for each connection; its types do not have them.
    const requestCert = settings.clientCertificate !== "none";
    Object.assign(server, { requestCert, rejectUnauthorized: false });
    this.#emit = server.emit.bind(server) as Emit;
    this.#handOver = new HandOver(this.#emit);
    this.#reception = new Reception(server, this.#emit, settings.alerts, {
      cut: (...cut) => this.#cutFlight(...cut),
      renegotiated: (...what) => this.#renegotiated(...what),
    });
    this.#tickets = new Tickets(server, settings.ticketKeys);
    this.#departures = new Departures({
      alerts: settings.alerts,
      receivePending: settings.dangerouslyReceivePending,
      tickets: this.#tickets,
      onFailed: (...failure) => this.#tell.failed(...failure),
    });
    this.#watch = new TrustWatch({
      trust,
      live: this.#live,
      tickets: this.#tickets,
      onFallen: (...fallen) => this.cut(...fallen),
    });
    this.#unsubscribe = trust.onChange((changes) => {
      this.#departures.changed(changes);
      this.#watch.changed(changes);
    });
    server.emit = (event: string | symbol, ...args: unknown[]) => this.#gate(event, args);
  }

  /** What it does, as it happens. */
  get happenings(): Happenings {
    return this.#tell.happenings;
  }

  /** What is open now, anonymous clients included. */
  get connections(): Iterable<GuardedConnection> {
    return this.#live;
  }

  /** How many connections wait for the end of their handshake or of their claim. */
  get handshakes(): number {
    return this.#arrivals.size;
  }

  get stats(): GuardStats {
    return { ...this.#counters, cut: { ...this.#counters.cut } };
  }

  /** Ends connections that wait for the end of their handshake or of their claim. Those that come later are welcome. */
  giveUpHandshakes(): void {
    this.#arrivals.clear();
  }

  /** Ends all connections and lets no other one through: a server is never left without its guard. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#tickets.stop();
    this.#arrivals.clear();
    this.#departures.clear();
    this.#watch.clear();
    for (const connection of this.#live) this.cut(connection, "closed");
  }

  /** Ends an open connection, and tells why. */
  cut(connection: GuardedConnection, reason: CutReason): void {
    if (connection.cutFor !== undefined) return;
    connection.cutFor = reason;
    if (isOfTrust(reason)) this.#counters.revoked += 1;
    this.#counters.cut[reason] += 1;
    this.#tell.cut(connection, reason);
    connection.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #gate(event: string | symbol, args: readonly unknown[]): boolean {
    if (event === "connection") return this.#accept(args[0] as Duplex);
    if (event === "secureConnection") return this.#secured(args[0] as TLSSocket);
    if (this.#reception.hears(event, args)) return true;
    this.#handOver.hears(event, args[0]);
    return this.#emit(event, ...args);
  }

  #accept(transport: Duplex): boolean {
    if (this.#closed) {
      transport.destroy();
      return true;
    }
    this.#counters.accepted += 1;
    const tap = transport instanceof Tap ? transport : undefined;
    const raw = tap?.raw ?? transport;
    const handshake = new Handshake(raw, this.#settings, tap?.number);
    if (!this.#arrivals.add(handshake)) return true;
    raw.on("close", () => this.#ended(handshake));
    return this.#reception.greet(handshake, transport);
  }

  #cutFlight(handshake: BoundHandshake, error: unknown): void {
    handshake.isJudged = true;
    this.#refuse(handshake, this.#admission.refuseUnreadable(handshake, error), 0);
  }

  #renegotiated(handshake: Handshake, error: HandclaspError): void {
    this.#counters.renegotiated += 1;
    this.#tell.failed(error, handshake);
  }

  /** Synchronous until a known client is admitted or refused: nothing else may go out before its alert. */
  #secured(socket: TLSSocket): boolean {
    const handshake = handshakeOf(socket);
    if (this.#closed || socket.destroyed || handshake === undefined) {
      socket.destroy();
      if (handshake === undefined) this.#tell.lost(socket);
      return true;
    }
    if (handshake.isJudged) return this.#again(handshake);
    handshake.isJudged = true;
    const outcome = this.#admission.judge(handshake);
    endWhenBroken(socket);
    if (this.#settings.allowHalfOpen) socket.allowHalfOpen = true;
    switch (outcome.decision) {
      case "anonymous":
        return this.#admitAnonymous(handshake);
      case "admit":
        return this.#admit(handshake, outcome);
      case "claim":
        return this.#settle(handshake, outcome);
      case "refuse":
        return this.#refuse(handshake, outcome, 0);
    }
  }

  /** Somebody emits a socket that has been judged: it goes to the listeners if they had it before, and else to nobody. */
  #again(handshake: BoundHandshake): boolean {
    const connection = this.#live.after(handshake);
    return connection === undefined || this.#handOver.give(connection);
  }

  /** Whoever is met for the first time is handed over once the store has it. What the socket does until then is kept. */
  #settle(handshake: BoundHandshake, claimed: Claimed): boolean {
    this.#arrivals.waits(handshake);
    // Its ticket goes out before the claim is settled.
    this.#tickets.add(claimed.verdict.pin);
    const { socket, bytesSent } = handshake;
    const releaseEnd = withholdEnd(socket);
    this.#admission.settle(claimed, (settled) => {
      releaseEnd();
      if (this.#closed) socket.destroy();
      if (settled.decision === "refuse") this.#refuse(handshake, settled, handshake.bytesSent - bytesSent);
      else if (!socket.destroyed) this.#admit(handshake, settled);
    });
    return true;
  }

  #admit(handshake: BoundHandshake, admitted: Admitted): boolean {
    const peer = toPeer(handshake, admitted, this.#trust.groups);
    this.#counters.admitted += 1;
    this.#arrivals.admitted(handshake);
    this.#tickets.add(peer.pin);
    return this.#open(handshake, peer, admitted.verdict.until);
  }

  #admitAnonymous(handshake: BoundHandshake): boolean {
    this.#counters.anonymous += 1;
    return this.#open(handshake, undefined, null);
  }

  #open(handshake: BoundHandshake, peer: Peer | undefined, until: number | null): boolean {
    const { socket, transport } = handshake;
    this.#arrivals.delete(handshake);
    handshake.forgetSecrets();
    const connection = new GuardedConnection(handshake, peer);
    rememberConnection(socket, connection);
    this.#watch.add(connection, until);
    // What is no socket of Node's may never tell that it is closed.
    if (!(transport instanceof Socket)) socket.on("close", () => this.#ended(handshake));
    if (peer !== undefined) {
      this.#trust.journal.opened(new ListedPeer(connection, peer));
      this.#tell.admitted(connection, peer);
    } else this.#tell.anonymous(connection);
    return this.#handOver.give(connection);
  }

  /** The transport is closed, and with it whatever ran over it. */
  #ended(handshake: Handshake): void {
    this.#arrivals.delete(handshake);
    this.#departures.end(handshake);
    const connection = this.#live.after(handshake);
    if (connection === undefined || !this.#watch.delete(connection)) return;
    if (connection.peer !== undefined) this.#trust.journal.closed(connection.id);
    this.#tell.closed(connection);
  }

  /** `sent` is what went out since the handshake, in bytes; NaN when nobody knows. */
  #refuse(handshake: BoundHandshake, refused: Refused, sent: number): boolean {
    this.#counters.refused += 1;
    this.#arrivals.refused(handshake);
    const alert = this.#departures.begin(handshake, refused.verdict, sent);
    if (refused.failure !== undefined) this.#tell.failed(refused.failure, handshake);
    this.#tell.refused(handshake, refused, alert);
    return true;
  }
}
