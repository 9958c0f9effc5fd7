import type { ClientCertificate } from "../../guard/options.ts";
import type { ServerAddress } from "../../client/server-address.ts";
import type { Policy } from "../../trust/records/policy.ts";

/** What a gateway is to do. Complete: whoever reads a file or a command line has filled in the defaults. */
export interface GatewayConfig {
  /** URL of the trust store. */
  readonly store: string;
  /** At least one; no two have the same name or address. */
  readonly listeners: readonly ListenerConfig[];
  /** Processes that accept connections; `auto` is one for each core. */
  readonly workers: number | "auto";
  /** Where `/metrics`, `/healthz` and `/readyz` are answered; undefined for nowhere. */
  readonly metrics: MetricsConfig | undefined;
  /** Keys that wait for review, at the most. */
  readonly maxPending: number;
  /** Keeps a PEM file of each trusted key; undefined for none. */
  readonly pemDir: string | undefined;
  /** How long running connections may go on after SIGTERM. */
  readonly drainTimeoutMs: number;
}

export interface MetricsConfig {
  readonly listen: ServerAddress;
  /** Peer names as labels: whoever reads the metrics then learns who connects. */
  readonly peerLabels: boolean;
}

/** One address to listen on, and what becomes of who connects there. */
export type ListenerConfig = ForwardingListener | GreetingListener;

/** Connections go to an upstream. */
export interface ForwardingListener extends ListenerSettings {
  readonly mode: "tcp" | "http";
  readonly to: Upstream;
}

/** Who comes in is greeted here. */
export interface GreetingListener extends ListenerSettings {
  readonly mode: "greet";
}

/** What a listener has, whatever becomes of who connects there. */
export interface ListenerSettings {
  /** For logs, metrics and complaints; null for the only one of a process, which needs none. */
  readonly name: string | null;
  readonly listen: ServerAddress;
  /** PEM files; undefined for the identity that is kept beside the store. */
  readonly certificate: CertificateFiles | undefined;
  readonly policy: Policy;
  readonly clientCertificate: ClientCertificate;
  /** `none`, `system`, or a PEM file. */
  readonly trustCa: string;
  readonly minTls: "TLSv1.2" | "TLSv1.3";
  readonly maxTls: "TLSv1.2" | "TLSv1.3";
  /** Who of the trusted peers may come in: names and `group:NAME`; undefined for all of them. */
  readonly allow: readonly string[] | undefined;
  /** More than `allow`, for paths; `http` only. The longest match decides. */
  readonly paths: readonly PathRule[];
  /** For `Host` and `:authority`; empty takes any. `http` only. */
  readonly serverNames: readonly string[];
  /** What a pending client meets; `page` in `http` only. */
  readonly onPending: "alert" | "page";
  /** What the service speaks, by its ALPN names, the best first: clients that offer others alone are refused; `tcp` only. */
  readonly alpn: readonly string[];
  /** What the upstream is told before the first byte; `tcp` only. */
  readonly sendProxy: "none" | "v2";
  /** Networks that must send a PROXY header first, in CIDR notation; from others none is believed. */
  readonly acceptProxy: readonly string[];
  readonly handshakeTimeoutMs: number;
  readonly maxHandshakes: number;
  /** Connections at once; one more waits to be accepted. */
  readonly maxConnections: number;
  /** For the connection to the upstream. */
  readonly connectTimeoutMs: number;
  /** How long to try again to connect to an upstream that refuses, as one does that restarts; 0 for not at all. */
  readonly connectRetryMs: number;
  /** Without a byte either way; 0 for no limit. */
  readonly idleTimeoutMs: number;
  /** Connections end at this age, since certificates expire meanwhile; 0 for no limit. */
  readonly maxConnectionAgeMs: number;
}

/** Where a listener's connections go. */
export type Upstream =
  | { readonly kind: "tcp"; readonly address: ServerAddress }
  | { readonly kind: "unix"; readonly path: string }
  /** `http://` is HTTP/1.1, `h2c://` HTTP/2 with prior knowledge. */
  | { readonly kind: "http"; readonly address: ServerAddress; readonly protocol: "http" | "h2c" };

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Who may ask for what is below a path. */
export interface PathRule {
  /** `/admin` matches itself and what is below it, by whole segments. */
  readonly path: string;
  readonly allow: readonly string[];
}
