import { constants } from "node:crypto";
import type { Socket } from "node:net";
import type { TlsOptions } from "node:tls";
import type { IdentityPem } from "../client/identity.ts";
import { type Guard, guard, type TrustPort } from "../guard/guard.ts";
import type { GuardOptions } from "../guard/options.ts";
import type { TicketKeys } from "../guard/ticket-keys.ts";
import type { ListenerConfig } from "./config.ts";
import { createProxy } from "./create-proxy.ts";
import type { OnGatewayEvent } from "./gateway-event.ts";
import type { Proxy } from "./proxy.ts";
import { TICKET_ROTATION } from "./ticket-secrets.ts";

export interface GateOptions {
  readonly config: ListenerConfig;
  readonly trust: TrustPort;
  readonly identity: IdentityPem;
  readonly trustCa: NonNullable<GuardOptions["trustCa"]>;
  readonly ticketKeys?: TicketKeys;
  readonly onEvent: OnGatewayEvent;
}

/**
 * What stands behind a listening address, for one version of its configuration: a server, its guard and a proxy. A
 * reload puts another gate in its place; this one keeps guarding the connections it has.
 */
export class Gate {
  readonly config: ListenerConfig;
  readonly #proxy: Proxy;
  readonly #guard: Guard;
  readonly #onEvent: OnGatewayEvent;

  constructor({ config, trust, identity, trustCa, ticketKeys, onEvent }: GateOptions) {
    this.config = config;
    this.#onEvent = onEvent;
    this.#proxy = createProxy({ config, tls: tlsOptions(config, identity), isAllowed: () => true, onEvent });
    const { server, receivePending } = this.#proxy;
    this.#guard = guard(server, trust, {
      trustCa,
      clientCertificate: config.clientCertificate,
      handshakeTimeoutMs: config.handshakeTimeoutMs,
      maxHandshakes: config.maxHandshakes,
      ...(ticketKeys && { ticketKeys }),
      ...(receivePending && { dangerouslyReceivePending: receivePending }),
    });
    onEvent({ type: "server-opened", listener: config, server, guard: this.#guard });
  }

  /** Takes a connection that was just accepted. */
  accept(transport: Socket): void {
    this.#proxy.server.emit("connection", transport);
  }

  /** Asks what runs to end. */
  drain(): void {
    this.#proxy.drain();
  }

  /** Ends all connections. */
  close(): void {
    this.#guard.close();
    this.#proxy.close();
    this.#onEvent({ type: "server-closed", listener: this.config, server: this.#proxy.server });
  }
}

function tlsOptions({ minTls, maxTls }: ListenerConfig, { key, certificate }: IdentityPem): TlsOptions {
  return {
    key,
    cert: certificate,
    minVersion: minTls,
    maxVersion: maxTls,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionTimeout: TICKET_ROTATION.lifetimeMs / 1000,
    // By default it is made of the command line: processes could not resume each other's clients.
    sessionIdContext: "handclasp gateway",
  };
}
