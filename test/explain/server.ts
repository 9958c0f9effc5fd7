import type { Pair } from "./pki.ts";

/** How a cell's server is set up. What is left out is the server's own default. */
export interface Wanted {
  readonly port: number;
  /** A folder of its own. */
  readonly folder: string;
  readonly show: Pair;
  /** Clients must show a certificate that this CA signed. */
  readonly clientCa?: string;
  /** The oldest TLS version. */
  readonly least?: "1.3";
  /** Names of OpenSSL, for TLS 1.2. */
  readonly suites?: string;
  readonly group?: "P-384";
  /** Nothing but this, and no connection without it. */
  readonly alpn?: string;
  /** Nothing but this name (SNI). */
  readonly serverName?: string;
  /** A PROXY header has to come first. */
  readonly proxy?: true;
  /** No TLS at all, but HTTP. */
  readonly plain?: true;
}

/** What not every server can be told; `tls`: to begin with TLS, `starttls`: to begin in the clear. */
export type Feature = "tls" | "starttls" | "suites" | "group" | "alpn" | "serverName" | "proxy" | "plain";

export interface Server {
  readonly name: string;
  /** Packages of Debian. */
  readonly debian: readonly string[];
  readonly features: readonly Feature[];
  /** The command that runs it in the foreground; undefined when it is not on this machine. */
  command(wanted: Wanted): Promise<readonly string[]> | readonly string[];
}
