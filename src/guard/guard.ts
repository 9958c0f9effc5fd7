import type { ServerHttp2Session } from "node:http2";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import type { HandclaspError } from "../errors.ts";
import type { Showing } from "../trust/records/showing.ts";
import type { Admit, Refuse, Settled, Verdict } from "../trust/records/verdict.ts";
import { Announcer } from "./announcer.ts";
import { Arrivals } from "./arrivals/arrivals.ts";
import { Deadlines } from "./arrivals/deadlines.ts";
import type { CutReason } from "./cut-reason.ts";
import { checkServer, checkTrust, warnOfServer } from "./check-server.ts";
import { closeWhenEnded, endWhenBroken } from "./arrivals/end-with-client.ts";
import { type Encounter, GuardShowing, toEncounter } from "./connection/encounter.ts";
import { GuardedConnection, ListedPeer } from "./connection/guarded-connection.ts";
import { rememberGuarded } from "./connection/guarded-servers.ts";
import { Handshake, handshakeOf } from "./connection/handshake.ts";
import { KnownCertificates } from "../admission/known-certificates.ts";
import { LiveConnections } from "./connection/live-connections.ts";
import { type GuardOptions, type GuardSettings, guardSettings } from "./options.ts";
import { type Peer, toPeer } from "./connection/peer.ts";
import { connectionOf, rememberConnection } from "./connection/peer-of.ts";
import { Reception } from "./arrivals/reception.ts";
import { reasonOfUnreadable, refuseFor } from "../admission/refuse-for.ts";
import { settleClaim } from "./refusal/settle-claim.ts";
import { STAYS, turnAway } from "./refusal/turn-away.ts";
import { createCounters, type GuardStats } from "./stats.ts";
import { Tap } from "./tap/tap.ts";
import type { TrustPort } from "../trust/trust-port.ts";
import { TrustWatch } from "./trust-watch.ts";
import { Tickets } from "./tickets/tickets.ts";
import { WaitingRoom } from "./refusal/waiting-room.ts";

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;
const LINGER_MS = 2000;
const MAX_LINGERING = 256;

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
  readonly #announcer: Announcer;
  readonly #counters = createCounters();
  readonly #emit: Emit;
  readonly #reception: Reception;
  readonly #arrivals: Arrivals;
  readonly #lingering: Deadlines;
  readonly #live = new LiveConnections();
  readonly #tickets: Tickets;
  readonly #certificates = new KnownCertificates();
  readonly #watch: TrustWatch;
  readonly #unsubscribe: () => void;
  readonly #waiting: WaitingRoom | undefined;
  #handingOver: GuardedConnection | undefined;
  #closed = false;

  constructor(server: Server, trust: TrustPort, settings: GuardSettings) {
    this.#trust = trust;
    this.#settings = settings;
    this.#announcer = new Announcer(server, settings.listener);
    this.#arrivals = new Arrivals(settings, (why) => {
      this.#counters[why] += 1;
    });
    this.#lingering = new Deadlines(MAX_LINGERING, LINGER_MS);
    const receive = settings.dangerouslyReceivePending;
    this.#waiting = receive && new WaitingRoom(receive, (...failure) => this.#announcer.failed(...failure));
    // Both are read by the server for each connection; its types do not have them.
    const requestCert = settings.clientCertificate !== "none";
    Object.assign(server, { requestCert, rejectUnauthorized: false });
    this.#emit = server.emit.bind(server) as Emit;
    server.emit = (event: string | symbol, ...args: unknown[]) => this.#gate(event, args);
    this.#reception = new Reception(server, this.#emit, settings.alerts, {
      cut: (...cut) => this.#cutFlight(...cut),
      renegotiated: (...what) => this.#renegotiated(...what),
    });
    this.#tickets = new Tickets(server, settings.ticketKeys);
    this.#watch = new TrustWatch({
      trust,
      live: this.#live,
      tickets: this.#tickets,
      onFallen: (...fallen) => this.cut(...fallen),
    });
    this.#unsubscribe = trust.onChange((changes) => {
      this.#waiting?.changed(changes);
      this.#watch.changed(changes);
    });
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
    this.#lingering.clear();
    this.#waiting?.clear();
    this.#watch.clear();
    for (const connection of this.#live) {
      connection.cutFor ??= "closed";
      connection.socket.destroy();
    }
  }

  /** Ends an open connection, and tells why. */
  cut(connection: GuardedConnection, reason: Exclude<CutReason, "closed">): void {
    if (connection.cutFor !== undefined) return;
    connection.cutFor = reason;
    this.#counters.revoked += 1;
    this.#counters.cut[reason] += 1;
    this.#announcer.cut(connection, reason);
    connection.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #gate(event: string | symbol, args: readonly unknown[]): boolean {
    switch (event) {
      case "connection":
        return this.#accept(args[0] as Duplex);
      case "secureConnection":
        return this.#secured(args[0] as TLSSocket);
      case "session":
        // Comes while the socket is handed over; an HTTP/2 session shows its socket through a proxy only.
        rememberConnection(args[0], this.#handingOver);
        closeWhenEnded(args[0] as ServerHttp2Session);
        break;
      case "tlsClientError":
      case "keylog":
        if (this.#reception.hears(event, args)) return true;
        break;
      case "stream":
        // A stream forgets its session when it closes.
        rememberConnection(args[0], connectionOf(args[0]));
        break;
    }
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
    if (!this.#tickets.hasFormer || tap !== undefined) return this.#reception.greet(handshake, transport);
    this.#tickets.accept(raw, () => this.#reception.greet(handshake, transport));
    return true;
  }

  #cutFlight(handshake: Handshake, socket: TLSSocket, error: unknown): void {
    this.#arrivals.judging(handshake);
    const encounter = { handshake, socket, certificate: undefined };
    this.#refuse(encounter, this.#unreadable(encounter, error), 0);
  }

  #renegotiated(handshake: Handshake, error: HandclaspError): void {
    this.#counters.renegotiated += 1;
    this.#announcer.failed(error, handshake);
  }

  /** Synchronous until a known client is admitted or refused: nothing else may go out before its alert. */
  #secured(socket: TLSSocket): boolean {
    const handshake = handshakeOf(socket);
    if (this.#closed || socket.destroyed || handshake === undefined) {
      socket.destroy();
      if (handshake === undefined) this.#announcer.lost(socket);
      return true;
    }
    if (handshake.isJudged) return this.#again(handshake, socket);
    this.#arrivals.judging(handshake);
    endWhenBroken(socket);
    if (this.#settings.allowHalfOpen) socket.allowHalfOpen = true;
    let encounter: Encounter = { handshake, socket, certificate: undefined };
    let showing: Showing | undefined;
    let verdict: Verdict | "anonymous";
    try {
      encounter = toEncounter(handshake, socket);
      showing = this.#sight(encounter);
      if (showing === undefined && this.#settings.clientCertificate === "required") {
        return this.#refuse(encounter, refuseFor("no-certificate"), 0);
      }
      verdict = showing === undefined ? "anonymous" : this.#trust.judge(showing);
    } catch (error) {
      return this.#refuse(encounter, this.#unreadable(encounter, error), 0);
    }
    if (verdict === "anonymous" || showing === undefined) return this.#admitAnonymous(handshake, socket);
    if (verdict.decision === "refuse") return this.#refuse(encounter, verdict, 0);
    if (verdict.decision === "admit") return this.#admit(encounter, verdict, showing);
    const seen = showing;
    // Its ticket goes out before the claim is settled.
    this.#tickets.add(verdict.pin);
    void settleClaim(this.#trust, {
      encounter,
      claim: verdict,
      showing,
      failed: (error) => this.#unreadable(encounter, error),
      onSettled: (settled, sent) => this.#settled(encounter, settled, seen, sent),
    });
    return true;
  }

  /** What trust judges; undefined when the client has no certificate. Throws what `readCertificate` throws. */
  #sight(encounter: Encounter): Showing | undefined {
    const { socket, certificate } = encounter;
    if (certificate === undefined) return undefined;
    const caSigned = this.#isVerified(socket) && !socket.isSessionReused();
    return new GuardShowing(this.#certificates.read(certificate), caSigned, encounter);
  }

  /**
   * Means something only with a certificate at hand: OpenSSL calls it verified when there is none, too. And only in a full
   * handshake: a ticket remembers what the server that gave it out made of the certificate, which may be another one.
   */
  #isVerified(socket: TLSSocket): boolean {
    return this.#settings.trustCa !== "none" && socket.authorized;
  }

  /** Somebody emits a socket that has been judged: it goes to the listeners if they had it before, and else to nobody. */
  #again({ connection }: Handshake, socket: TLSSocket): boolean {
    if (connection !== undefined && this.#live.has(connection)) return this.#emitSecure(connection, socket);
    return true;
  }

  /** Whoever is met for the first time is handed over once the store has it. */
  #settled(encounter: Encounter, settled: Settled, showing: Showing, sent: number): void {
    const { socket } = encounter;
    if (this.#closed) socket.destroy();
    if (settled.decision === "refuse") this.#refuse(encounter, settled, sent);
    else if (!socket.destroyed) this.#admit(encounter, settled, showing);
  }

  #admit(encounter: Encounter, verdict: Admit, showing: Showing): boolean {
    const { handshake, socket, certificate } = encounter;
    const peer = toPeer(encounter, verdict, showing.certificate, this.#trust.groups);
    this.#counters.admitted += 1;
    this.#arrivals.admitted(handshake);
    if (certificate !== undefined) this.#certificates.keep(showing.certificate, certificate);
    this.#tickets.add(peer.pin);
    this.#trust.journal.seen(peer.pin);
    return this.#handOver(handshake, socket, peer, verdict.until);
  }

  #admitAnonymous(handshake: Handshake, socket: TLSSocket): boolean {
    this.#counters.anonymous += 1;
    return this.#handOver(handshake, socket, undefined, null);
  }

  #handOver(handshake: Handshake, socket: TLSSocket, peer: Peer | undefined, until: number | null): boolean {
    this.#arrivals.delete(handshake);
    handshake.forgetSecrets();
    const connection = new GuardedConnection(handshake, socket, peer);
    handshake.connection = connection;
    rememberConnection(socket, connection);
    this.#watch.add(connection, until);
    // What is no socket of Node's may never tell that it is closed.
    if (!(handshake.transport instanceof Socket)) socket.on("close", () => this.#ended(handshake));
    if (peer !== undefined) {
      this.#trust.journal.opened(new ListedPeer(connection, peer));
      this.#announcer.admitted(connection, peer);
    }
    return this.#emitSecure(connection, socket);
  }

  #emitSecure(connection: GuardedConnection, socket: TLSSocket): boolean {
    this.#handingOver = connection;
    try {
      return this.#emit("secureConnection", socket);
    } finally {
      this.#handingOver = undefined;
    }
  }

  /** The transport is closed, and with it whatever ran over it. */
  #ended(handshake: Handshake): void {
    this.#arrivals.delete(handshake);
    this.#lingering.delete(handshake);
    this.#waiting?.leave(handshake);
    const { connection } = handshake;
    if (connection === undefined || !this.#watch.delete(connection)) return;
    if (connection.peer !== undefined) this.#trust.journal.closed(connection.id);
  }

  #refuse(encounter: Encounter, refuse: Refuse, sent: number): boolean {
    const { handshake, socket } = encounter;
    this.#counters.refused += 1;
    this.#arrivals.refused(handshake);
    const waits = this.#waiting?.enter(encounter, refuse) === true;
    // What goes on lives longer than this moment, and gets its ticket.
    if (waits && refuse.pin !== null) this.#tickets.add(refuse.pin);
    else this.#letShowAgain(socket);
    const { alert, lingers } = waits
      ? STAYS
      : turnAway(encounter, refuse.reason, { sent, alerts: this.#settings.alerts });
    if (lingers) this.#lingering.add(handshake);
    const { id: connection, remoteAddress, listener } = handshake;
    this.#trust.journal.refused(refuse, { connection, remoteAddress, listener });
    this.#announcer.refused(encounter, refuse, alert);
    return true;
  }

  /**
   * Without its ticket a client comes back with a full handshake: then an alert has room in TLS 1.2, and a signature of
   * the operator's CA counts.
   */
  #letShowAgain(socket: TLSSocket): void {
    if (!socket.isSessionReused()) return;
    if (socket.getProtocol() !== "TLSv1.3" || this.#isVerified(socket)) this.#tickets.voidSoon();
  }

  #unreadable({ handshake, certificate }: Encounter, error: unknown): Refuse {
    const reason = reasonOfUnreadable(error);
    if (reason === undefined) this.#announcer.failed(error, handshake);
    return refuseFor(reason ?? "store-unavailable", error, certificate);
  }
}
