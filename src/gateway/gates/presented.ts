import { constants, createHash } from "node:crypto";
import { createSecureContext, getCACertificates, type Server, type TlsOptions } from "node:tls";
import type { IdentityPem } from "../../client/identities/identity.ts";
import type { TicketKeys } from "../../guard/tickets/ticket-keys.ts";
import type { ListenerConfig } from "../config/config.ts";
import { TICKET_ROTATION } from "../tickets/ticket-secrets.ts";

/** What a gate shows to its clients, and the CAs that it verifies them by. */
export class Presented {
  readonly #config: ListenerConfig;
  readonly #ticketKeys: TicketKeys;
  #identity: IdentityPem;
  #authorities: string;

  constructor(config: ListenerConfig, identity: IdentityPem, ticketKeys: TicketKeys) {
    this.#config = config;
    this.#ticketKeys = ticketKeys;
    this.#identity = identity;
    this.#authorities = authoritiesOf(config);
  }

  /** Key, certificate, versions and whatever else a server has to have. */
  get tls(): TlsOptions {
    return tlsOptions(this.#config, this.#identity);
  }

  /** Throws when it could not show this key and certificate. */
  check(identity: IdentityPem): void {
    if (!isSame(identity, this.#identity)) createSecureContext(tlsOptions(this.#config, identity));
  }

  /**
   * Shows another key and certificate from now on, and verifies by the CAs that the process has now. Tickets stay good,
   * unless those are others: a ticket remembers that it was given to a client of theirs.
   */
  change(server: Server, identity: IdentityPem): void {
    const authorities = authoritiesOf(this.#config);
    const hasOthers = authorities !== this.#authorities;
    if (isSame(identity, this.#identity) && !hasOthers) return;
    this.#identity = identity;
    this.#authorities = authorities;
    server.setSecureContext(this.tls);
    if (hasOthers) this.#ticketKeys.renew();
  }

  /** The same for a gate that comes in place of another one, whose tickets it would take. */
  succeed(former: Presented): void {
    if (former.#authorities !== this.#authorities) this.#ticketKeys.renew();
  }
}

function isSame(a: IdentityPem, b: IdentityPem): boolean {
  return a.key === b.key && a.certificate === b.certificate;
}

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
