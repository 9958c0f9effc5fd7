import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Server, TLSSocket } from "node:tls";
import { Admission } from "../admission/admission.ts";
import type { Admitted, Anonymous, Claimed, Refused } from "../admission/outcome.ts";
import type { CutReason } from "../trust/happenings/cut-reason.ts";
import type { Happenings } from "../trust/happenings/happenings.ts";
import type { TrustPort } from "../trust/trust-port.ts";
import { Arrivals } from "./arrivals/arrivals.ts";
import { Reception } from "./arrivals/reception.ts";
import { checkServer, checkTrust, warnOfServer } from "./check-server.ts";
import { endWhenBroken } from "./connection/end-with-client.ts";
import type { GuardedConnection } from "./connection/guarded-connection.ts";
import { rememberGuarded } from "./connection/guarded-servers.ts";
import { HandOver } from "./connection/hand-over.ts";
import type { BoundHandshake, Handshake } from "./connection/handshake.ts";
import { handshakeOf } from "./connection/handshake-of.ts";
import { OpenConnections } from "./open-connections.ts";
import { type GuardOptions, type GuardSettings, guardSettings } from "./options.ts";
import { Departures } from "./refusal/departures.ts";
import { withholdEnd } from "./refusal/withheld-end.ts";
import type { GuardStats } from "./stats.ts";
import { Teller } from "./teller.ts";
import { Tickets } from "./tickets/tickets.ts";

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
  readonly #settings: GuardSettings;
  readonly #tell: Teller;
  readonly #emit: Emit;
  readonly #arrivals: Arrivals;
  readonly #reception: Reception;
  readonly #admission: Admission;
  readonly #tickets: Tickets;
  readonly #departures: Departures;
  readonly #open: OpenConnections;
  readonly #handOver: HandOver;
  readonly #unsubscribe: () => void;
  readonly #expected = new WeakMap<Duplex, Handshake>();
  #closed = false;

  constructor(server: Server, trust: TrustPort, settings: GuardSettings) {
    this.#settings = settings;
    const tell = new Teller(server, settings);
    this.#tell = tell;
    this.#emit = server.emit.bind(server) as Emit;
    this.#arrivals = new Arrivals(settings, (why) => tell.gaveUp(why));
    this.#reception = new Reception(server, this.#emit, settings, {
      cut: (...cut) => this.#cutFlight(...cut),
      renegotiated: (handshake, error) => tell.renegotiated(error, handshake),
    });
    this.#admission = new Admission(trust, settings.clientCertificate);
    this.#tickets = new Tickets(server, settings.ticketKeys);
    this.#departures = new Departures({
      alerts: settings.alerts,
      receivers: {
        pending: settings.dangerouslyReceivePending,
        refused: settings.dangerouslyReceiveRefused,
      },
      tickets: this.#tickets,
      onFailed: (...failure) => tell.failed(...failure),
    });
    this.#open = new OpenConnections({ trust, admission: this.#admission, tickets: this.#tickets, tell });
    this.#handOver = new HandOver(this.#emit);
    this.#unsubscribe = trust.onChange((changes, isAll) => {
      tell.changed(changes);
      this.#departures.changed(changes);
      this.#open.changed(changes, isAll);
    });
    server.emit = (event: string | symbol, ...args: unknown[]) => this.#gate(event, args);
  }

  /** What it does, as it happens. */
  get happenings(): Happenings {
    return this.#tell.happenings;
  }

  /** What is open now, anonymous clients included. */
  get connections(): Iterable<GuardedConnection> {
    return this.#open;
  }

  /** How many connections wait for the end of their handshake or of their claim. */
  get handshakes(): number {
    return this.#arrivals.size;
  }

  get stats(): GuardStats {
    return this.#tell.stats;
  }

  /**
   * Counts a connection among those under way before the server gets it, for who talks to the client in the clear first;
   * ends it as them. Says whether it may come in.
   */
  expect(transport: Duplex): boolean {
    if (this.#closed) {
      transport.destroy();
      return false;
    }
    this.#tell.accepted();
    const handshake = this.#reception.meet(transport);
    // OpenSSL gets nothing of it.
    handshake.isBounded = true;
    if (!this.#arrivals.add(handshake)) return false;
    this.#expected.set(transport, handshake);
    transport.on("close", () => this.#arrivals.delete(handshake));
    return true;
  }

  /** Ends connections that wait for the end of their handshake or of their claim. Those that come later are welcome. */
  giveUpHandshakes(): void {
    this.#arrivals.clear();
  }

  /** Ends an open connection, and tells why. */
  cut(connection: GuardedConnection, reason: CutReason): void {
    this.#open.cut(connection, reason);
  }

  /** Ends all connections and lets no other one through: a server is never left without its guard. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#tickets.stop();
    this.#arrivals.clear();
    this.#departures.clear();
    this.#open.close();
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
    const handshake = this.#reception.meet(transport);
    const expected = this.#expected.get(handshake.transport);
    if (expected === undefined) this.#tell.accepted();
    else this.#arrivals.delete(expected);
    if (!this.#arrivals.add(handshake)) return true;
    handshake.transport.on("close", () => this.#ended(handshake));
    return this.#reception.greet(handshake, transport);
  }

  #cutFlight(handshake: BoundHandshake, error: unknown): void {
    handshake.isJudged = true;
    this.#refuse(handshake, this.#admission.refuseUnreadable(handshake, error), 0);
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
        return this.#letIn(handshake, outcome);
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
    const connection = this.#open.after(handshake);
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
    this.#arrivals.admitted(handshake);
    this.#tickets.add(admitted.verdict.pin);
    return this.#letIn(handshake, admitted);
  }

  #letIn(handshake: BoundHandshake, outcome: Admitted | Anonymous): boolean {
    const { socket, transport } = handshake;
    this.#arrivals.delete(handshake);
    handshake.forgetSecrets();
    // What is no socket of Node's may never tell that it is closed.
    if (!(transport instanceof Socket)) socket.on("close", () => this.#ended(handshake));
    return this.#handOver.give(this.#open.add(handshake, outcome));
  }

  /** `sent` is what went out since the handshake, in bytes; NaN when nobody knows. */
  #refuse(handshake: BoundHandshake, refused: Refused, sent: number): boolean {
    this.#arrivals.refused(handshake);
    const alert = this.#departures.begin(handshake, refused.verdict, sent);
    this.#tell.refused(handshake, refused, alert);
    return true;
  }

  /** The transport is closed, and with it whatever ran over it. */
  #ended(handshake: Handshake): void {
    this.#arrivals.delete(handshake);
    this.#departures.end(handshake);
    this.#open.ended(handshake);
  }
}
