import { constants, createHash } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, getCACertificates, type TlsOptions } from "node:tls";
import type { IdentityPem } from "../../client/identities/identity.ts";
import { clientAddress } from "../../guard/connection/client-address.ts";
import { type Guard, guard } from "../../guard/guard.ts";
import type { GuardedConnection } from "../../guard/connection/guarded-connection.ts";
import type { GuardOptions } from "../../guard/options.ts";
import type { TicketKeys } from "../../guard/tickets/ticket-keys.ts";
import { AllowLists, type GroupLookup } from "../access/allow-list.ts";
import type { TrustChanges } from "../../trust/happenings/trust-changes.ts";
import type { ListenerConfig } from "../config/config.ts";
import { createService } from "./create-service.ts";
import type { OnGatewayEvent } from "../gateway-event.ts";
import type { TrustPort } from "../../trust/trust-port.ts";
import { ListenerTrust } from "../access/listener-trust.ts";
import type { Service } from "../service/service.ts";
import { proxiedAddress } from "../proxy-protocol/proxied-address.ts";
import { TICKET_ROTATION } from "../tickets/ticket-secrets.ts";

export interface GateOptions {
  readonly config: ListenerConfig;
  readonly trust: TrustPort;
  readonly groups: GroupLookup;
  readonly identity: IdentityPem;
  readonly trustCa: NonNullable<GuardOptions["trustCa"]>;
  readonly ticketKeys: TicketKeys;
  /** How many connections the process can have, each with one to its upstream. */
  readonly mostConnections: number;
  readonly onEvent: OnGatewayEvent;
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
  readonly #ticketKeys: TicketKeys;
  readonly #onEvent: OnGatewayEvent;
  readonly #stopRejudging: () => void;
  readonly #ageing: NodeJS.Timeout | undefined;
  /** Those that were asked to end for their age. */
  readonly #expired = new WeakSet<GuardedConnection>();
  #identity: IdentityPem;
  #authorities: string;
  #open = 0;
  #emptied: PromiseWithResolvers<void> | undefined;
  #isClosed = false;

  constructor(options: GateOptions) {
    const { config, trust, groups, identity, trustCa, ticketKeys, onEvent } = options;
    this.config = config;
    this.#onEvent = onEvent;
    this.#identity = identity;
    this.#ticketKeys = ticketKeys;
    this.#authorities = authoritiesOf(config);
    this.#trust = new ListenerTrust(trust, config.allow, groups);
    const lists = new AllowLists(groups);
    this.#service = createService({
      config,
      tls: tlsOptions(config, identity),
      isAllowed: ({ name }, allow, without = []) => lists.of(allow).hasWithout(name, without),
      mostUpstream: options.mostConnections,
      onEvent,
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
      ...(receivePending && { dangerouslyReceivePending: receivePending }),
    });
    server.on("tlsClientError", (error, socket) => {
      const remoteAddress = clientAddress(socket);
      onEvent({ type: "handshake-failed", listener: config, error, remoteAddress });
    });
    this.#stopRejudging = this.#trust.onChange((changes) => {
      this.#endRenamed(changes);
      // Paths may be for groups, and those change as trust does.
      this.#service.rejudge(undefined, changes);
    });
    const { maxConnectionAgeMs } = config;
    if (maxConnectionAgeMs > 0) {
      this.#ageing = setInterval(() => this.#expire(), Math.min(1000, maxConnectionAgeMs / 4)).unref();
    }
    onEvent({ type: "server-opened", listener: config, server, guard: this.#guard });
  }

  /** Connections, those in their handshake included. */
  get open(): number {
    return this.#open;
  }

  /** Takes a connection that was just accepted. */
  accept(transport: Socket): void {
    this.#open += 1;
    transport.on("close", this.#ended);
    this.#service.server.emit("connection", transport);
  }

  /** Throws when it could not show this key and certificate. */
  check({ key, certificate }: IdentityPem): void {
    if (key === this.#identity.key && certificate === this.#identity.certificate) return;
    createSecureContext(tlsOptions(this.config, { ...this.#identity, key, certificate }));
  }

  /**
   * Shows another key and certificate from now on, and verifies by the CAs that the process has now. Tickets stay good,
   * unless those are others: a ticket remembers that it was given to a client of theirs.
   */
  present(identity: IdentityPem): void {
    const { key, certificate } = this.#identity;
    const authorities = authoritiesOf(this.config);
    const hasOthers = authorities !== this.#authorities;
    if (key === identity.key && certificate === identity.certificate && !hasOthers) return;
    this.#identity = identity;
    this.#authorities = authorities;
    const { server } = this.#service;
    server.setSecureContext(tlsOptions(this.config, identity));
    if (hasOthers) this.#ticketKeys.renew();
  }

  /** The same for a gate that comes in place of another one, whose tickets it would take. */
  succeed(former: Gate): void {
    if (former.#authorities !== this.#authorities) this.#ticketKeys.renew();
  }

  /** Ends the connections of peers that another configuration leaves out, and requests for paths that it denies them. */
  restrict({ allow, paths }: ListenerConfig): void {
    this.#trust.allow(allow, this.#guard.connections);
    this.#service.rejudge(paths);
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
    clearInterval(this.#ageing);
    this.#stopRejudging();
    this.#guard.close();
    this.#service.close();
    this.#onEvent({ type: "server-closed", listener: this.config, server: this.#service.server });
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
  #endRenamed(changes: TrustChanges): void {
    for (const connection of this.#guard.connections) {
      const { peer } = connection;
      const change = peer && changes.get(peer.pin);
      if (peer === undefined || change === undefined) continue;
      const lostName = change.formerNames.includes(peer.name);
      if (lostName || this.#trust.standing(peer.pin).peer !== peer.name)
        this.#guard.cut(connection, "renamed");
    }
  }

  /** Connections are in the order in which they began. */
  #expire(): void {
    const before = performance.now() - this.config.maxConnectionAgeMs;
    for (const connection of this.#guard.connections) {
      if (connection.startedAt > before) break;
      if (this.#expired.has(connection)) {
        const isLate = connection.startedAt < before - LAST_WORDS_MS;
        if (isLate) connection.socket.destroy();
        continue;
      }
      this.#expired.add(connection);
      this.#service.expire(connection);
    }
  }
}

/** How long a connection that is too old may go on with what it began. */
const LAST_WORDS_MS = 30_000;

/** The CAs that a server made now takes, as a text to compare. */
function authoritiesOf({ trustCa }: ListenerConfig): string {
  if (trustCa === "none") return "";
  return createHash("sha256").update(getCACertificates("default").join("")).digest("base64");
}

function tlsOptions({ minTls, maxTls, alpn }: ListenerConfig, { key, certificate }: IdentityPem): TlsOptions {
  return {
    key,
    cert: certificate,
    minVersion: minTls,
    maxVersion: maxTls,
    // In mode http the server has its own.
    ...(alpn.length > 0 && { ALPNProtocols: [...alpn] }),
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionTimeout: TICKET_ROTATION.lifetimeMs / 1000,
    // By default it is made of the command line: processes could not resume each other's clients.
    sessionIdContext: "handclasp gateway",
  };
}
