import { createImapPreface } from "./imap-preface.ts";
import { createLdapPreface } from "./ldap-preface.ts";
import { createPop3Preface } from "./pop3-preface.ts";
import { createPostgresPreface } from "./postgres-preface.ts";
import type { Preface } from "./preface.ts";
import { createSmtpPreface } from "./smtp-preface.ts";
import { IMAP_UPSTREAM, POP3_UPSTREAM, SMTP_UPSTREAM } from "./upstream-rules.ts";
import type { UpstreamRules } from "./upstream-talk.ts";

export type StartTlsServerProtocol = (typeof STARTTLS_SERVER_PROTOCOLS)[number];
export const STARTTLS_SERVER_PROTOCOLS = ["postgres", "smtp", "imap", "pop3", "ldap"] as const;

export interface StartTlsServer {
  /** What asking for TLS is called there. */
  readonly name: string;
  readonly createPreface: () => Preface;
  /** Undefined where an upstream says nothing by itself. */
  readonly upstream?: UpstreamRules;
}

/** How clients are greeted and asked to begin TLS, by protocol; the client's side is `STARTTLS` of the client. */
export const STARTTLS_SERVERS: Readonly<Record<StartTlsServerProtocol, StartTlsServer>> = {
  postgres: { name: "PostgreSQL SSLRequest", createPreface: createPostgresPreface },
  smtp: { name: "SMTP STARTTLS", createPreface: createSmtpPreface, upstream: SMTP_UPSTREAM },
  imap: { name: "IMAP STARTTLS", createPreface: createImapPreface, upstream: IMAP_UPSTREAM },
  pop3: { name: "POP3 STLS", createPreface: createPop3Preface, upstream: POP3_UPSTREAM },
  ldap: { name: "LDAP StartTLS", createPreface: createLdapPreface },
};
