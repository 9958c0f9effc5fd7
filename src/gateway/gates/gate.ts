import type { Socket } from "node:net";
import type { IdentityPem } from "../../client/identities/identity.ts";
import { clientAddress } from "../../guard/connection/client-address.ts";
import { type Guard, guard } from "../../guard/guard.ts";
import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { GuardOptions } from "../../guard/options.ts";
import type { TicketKeys } from "../../guard/tickets/ticket-keys.ts";
import { AllowLists, type GroupLookup } from "../access/allow-list.ts";
import { type TrustChanges, UNCHANGED } from "../../trust/happenings/trust-changes.ts";
import type { ListenerConfig } from "../config/config.ts";
import { ConnectionAges } from "./connection-ages.ts";
import { Presented } from "./presented.ts";
import { createService } from "./create-service.ts";
import type { Happenings } from "../../trust/happenings/happenings.ts";
import type { OnServer } from "../service/opened-server.ts";
import type { Desk } from "../../trust/port/desk.ts";
import type { TrustPort } from "../../trust/trust-port.ts";
import { ListenerTrust } from "../access/listener-trust.ts";
import { welcomeOf } from "../access/welcome.ts";
import type { Service } from "../service/service.ts";
import { awaitTls } from "../starttls/await-tls.ts";
import { STARTTLS_SERVERS, type StartTlsServer } from "../starttls/starttls-servers.ts";
import { proxiedAddress } from "../proxy-protocol/proxied-address.ts";

interface GateOptions {
  readonly config: ListenerConfig;
  readonly trust: TrustPort;
  readonly groups: GroupLookup;
  readonly lookedAt: Desk["lookedAt"];
  readonly identity: IdentityPem;
  readonly trustCa: NonNullable<GuardOptions["trustCa"]>;
  readonly ticketKeys: TicketKeys;
  /** How many connections the process can have, each with one to its upstream. */
  readonly mostConnections: number;
  readonly happenings: Happenings;
  readonly onServer?: OnServer;
}

/**
 * What stands behind a listening address, for one version of its configuration: a server, its guard and a service. A
 * reload puts another gate in its place; this one keeps guarding the connections it has.
 */
export class Gate {
  readonly config: ListenerConfig;
  readonly #service: Service;
  readonly #guard: Guard;
  readonly #trust: ListenerTrust;
  readonly #presented: Presented;
  readonly #stopRejudging: () => void;
  readonly #onClosed: (() => void) | undefined;
  readonly #ages: ConnectionAges;
  readonly #happenings: Happenings;
  /** Whom it lets in for what, as a later configuration has it that leads to the same service. */
  #rules: ListenerConfig;
  #open = 0;
  #emptied: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  constructor(options: GateOptions) {
    const { config, trust, groups, identity, trustCa, ticketKeys, happenings } = options;
    this.config = config;
    this.#happenings = happenings;
    this.#rules = config;
    this.#presented = new Presented(config, identity, ticketKeys);
    this.#trust = new ListenerTrust(trust, welcomeOf(config), groups);
    const lists = new AllowLists(groups);
    this.#service = createService({
      config,
      tls: this.#presented.tls,
      isAllowed: (client, allow, without) => lists.of(allow).has(client.peer?.name, client, without),
      lookedAt: options.lookedAt,
      mostUpstream: options.mostConnections,
      happenings,
      cut: (...cut) => this.#guard.cut(...cut),
      onDenied: (...denied) => this.#denied(...denied),
    });
    const { server, receivePending } = this.#service;
    this.#guard = guard(server, this.#trust, {
      trustCa,
      clientCertificate: config.clientCertificate,
      handshakeTimeoutMs: config.handshakeTimeoutMs,
      maxHandshakes: config.maxHandshakes,
      allowHalfOpen: true,
      remoteAddressOf: proxiedAddress,
      ...(config.name !== null && { listener: config.name }),
      ticketKeys,
      happenings,
      ...(receivePending && { dangerouslyReceivePending: receivePending }),
    });
    server.on("tlsClientError", (error, socket) => this.#handshakeFailed(error, () => clientAddress(socket)));
    this.#stopRejudging = this.#trust.onChange((changes, isAll) => {
      this.#endRenamed(changes, isAll);
      // Paths may be for groups, and those change as trust does.
      this.#service.rejudge(undefined, changes);
    });
    this.#ages = new ConnectionAges({
      maxAgeMs: config.maxConnectionAgeMs,
      connections: () => this.#guard.connections,
      expire: (connection) => this.#service.expire(connection),
      cut: (connection) => this.#guard.cut(connection, "too-old"),
    });
    this.#onClosed = options.onServer?.({ listener: config, server, guard: this.#guard });
  }

  /** Connections, those in their handshake included. */
  get open(): number {
    return this.#open;
  }

  /** Takes a connection that was just accepted. */
  accept(transport: Socket): void {
    this.#open += 1;
    transport.on("close", this.#ended);
    const { starttls } = this.config;
    if (starttls === "none") this.#service.server.emit("connection", transport);
    else this.#awaitTls(transport, STARTTLS_SERVERS[starttls]);
  }

  /** Throws when it could not show this key and certificate. */
  check(identity: IdentityPem): void {
    this.#presented.check(identity);
  }

  /** Shows another key and certificate from now on, and verifies by the CAs that the process has now. */
  present(identity: IdentityPem): void {
    this.#presented.change(this.#service.server, identity);
  }

  /** Comes in place of another one. */
  succeed(former: Gate): void {
    this.#presented.succeed(former.#presented);
  }

  /** Ends the connections of those that another configuration leaves out, and requests for paths that it denies them. */
  restrict(now: ListenerConfig): void {
    const isSameService = serviceOf(now) === serviceOf(this.config);
    if (isSameService) this.#rules = now;
    // What leads elsewhere by now takes back nothing that was forbidden here.
    const all = isSameService ? [now] : [this.#rules, now];
    this.#trust.welcome(all.map(welcomeOf), this.#guard.connections);
    for (const connection of this.#guard.connections) {
      const isStranger = connection.peer === undefined;
      if (isStranger && !this.#trust.letsInAnonymous(connection)) this.#guard.cut(connection, "not-allowed");
    }
    // Whoever is not through by now is judged as it is said now, and comes again for that.
    if (judgedBy(now) !== judgedBy(this.config)) this.giveUpHandshakes();
    this.#service.rejudge(all);
  }

  /** Asks what runs to end. Nothing new may come. */
  drain(): void {
    this.#service.drain();
  }

  /** Ends connections that did not come through their handshake yet. */
  giveUpHandshakes(): void {
    this.#guard.giveUpHandshakes();
  }

  /** Resolves when the last connection is gone. */
  async empty(): Promise<void> {
    if (this.#open === 0) return;
    this.#emptied ??= Promise.withResolvers();
    await this.#emptied.promise;
  }

  /** Ends all connections. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ages[Symbol.dispose]();
    this.#stopRejudging();
    this.#guard.close();
    this.#service.close();
    this.#onClosed?.();
  }

  /** Talks to a client until it begins TLS: counted, and bounded in time, as a handshake. */
  #awaitTls(transport: Socket, { name, createPreface }: StartTlsServer): void {
    const remoteAddress = proxiedAddress(transport);
    if (!this.#guard.expect(transport)) return;
    awaitTls(transport, createPreface(), {
      onTls: () => this.#service.server.emit("connection", transport),
      onRefused: ({ message }) =>
        this.#handshakeFailed(new Error(`${name}: ${message}`), () => remoteAddress),
    });
  }

  #handshakeFailed(error: Error, remoteAddress: () => string | undefined): void {
    const type = "handshake-failed";
    if (!this.#happenings.hears(type)) return;
    this.#happenings.tell({ type, listener: this.config.name, error, remoteAddress: remoteAddress() });
  }

  #denied({ id: connection, peer, remoteAddress, listener }: GuardedConnection, problem: string): void {
    const { pin = null, name = null } = peer ?? {};
    const denied = { reason: "path-not-allowed", pin, peer: name, problem } as const;
    this.#trust.journal.refused(denied, { connection, remoteAddress, listener });
  }

  readonly #ended = (): void => {
    this.#open -= 1;
    if (this.#open === 0) this.#emptied?.resolve();
  };

  /** Upstreams were told a name that may be somebody else's next. */
  #endRenamed(changes: TrustChanges, isAll: boolean): void {
    for (const connection of this.#guard.connections) {
      const { peer } = connection;
      const change = peer && (changes.get(peer.pin) ?? (isAll ? UNCHANGED : undefined));
      if (peer === undefined || change === undefined) continue;
      const lostName = change.formerNames.includes(peer.name);
      if (lostName || this.#trust.standing(peer.pin).peer !== peer.name)
        this.#guard.cut(connection, "renamed");
    }
  }
}

/** Where connections lead, as a text to compare. */
function serviceOf(config: ListenerConfig): string {
  return JSON.stringify(config.mode === "greet" ? [config.mode] : [config.mode, config.to]);
}

/** How clients are judged that come through TLS, as a text to compare. */
function judgedBy({ policy, clientCertificate, trustCa, minTls, maxTls }: ListenerConfig): string {
  return JSON.stringify([policy, clientCertificate, trustCa, minTls, maxTls]);
}
