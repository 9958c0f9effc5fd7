import { createPostgresPreface } from "./postgres-preface.ts";
import type { Preface } from "./preface.ts";

export type StartTlsServerProtocol = (typeof STARTTLS_SERVER_PROTOCOLS)[number];
export const STARTTLS_SERVER_PROTOCOLS = ["postgres"] as const;

export interface StartTlsServer {
  /** What asking for TLS is called there. */
  readonly name: string;
  readonly createPreface: () => Preface;
}

/** How clients are greeted and asked to begin TLS, by protocol; the client's side is `STARTTLS` of the client. */
export const STARTTLS_SERVERS: Readonly<Record<StartTlsServerProtocol, StartTlsServer>> = {
  postgres: { name: "PostgreSQL SSLRequest", createPreface: createPostgresPreface },
};
