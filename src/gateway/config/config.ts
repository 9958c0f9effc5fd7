import type { StoreUrl } from "../../trust/port/store-url.ts";
import type { ClientCertificate } from "../../guard/options.ts";
import type { ServerAddress } from "../../client/servers/server-address.ts";
import type { Policy } from "../../trust/records/policy.ts";
import type { StartTlsServerProtocol } from "../starttls/starttls-servers.ts";

/** What is said of a gateway, but for its listeners. `GATEWAY_SETTINGS` has how. */
export interface GatewaySettings {
  readonly store: StoreUrl | undefined;
  /** Processes that accept connections; `auto` is one for each core. */
  readonly workers: number | "auto";
  /** Keys that wait for review, at the most. */
  readonly maxPending: number;
  /** Keeps a PEM file of each trusted key; undefined for none. */
  readonly pemDir: string | undefined;
  /** How long running connections may go on after SIGTERM. */
  readonly drainTimeoutMs: number;
}

/** What a gateway is to do. Complete: whoever reads a file or a command line has filled in the defaults. */
export interface GatewayConfig extends GatewaySettings {
  readonly store: StoreUrl;
  /** At least one; no two have the same name or address. */
  readonly listeners: readonly ListenerConfig[];
  /** Where `/metrics`, `/healthz` and `/readyz` are answered; undefined for nowhere. */
  readonly metrics: MetricsConfig | undefined;
  /** Where operators find the page and its API; undefined for nowhere. */
  readonly admin: AdminConfig | undefined;
  /** Where proxies ask about their clients; undefined for nowhere. */
  readonly authorizer: AuthorizerConfig | undefined;
}

/** What is said of the operators' page. `ADMIN_SETTINGS` has how. */
export interface AdminValues {
  readonly listen: ServerAddress;
  /** What browsers may call it, each with its port unless that is the one it listens on; empty for its address. */
  readonly hosts: readonly string[];
  /** PEM files; both or none. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface AdminConfig extends Omit<AdminValues, "cert" | "key"> {
  /** Undefined for the identity that is kept beside the store. */
  readonly certificate: CertificateFiles | undefined;
}

/** What is said of the authorizer, which proxies ask about their clients. `AUTHORIZER_SETTINGS` has how. */
export interface AuthorizerValues extends Policy {
  readonly listen: AuthorizerListen;
  /** Of its Unix socket. */
  readonly socketMode: number;
  /** A file whose first line callers send. */
  readonly secretFile: string | undefined;
  /** The certificate that the proxy shows, as PEM. */
  readonly serverCert: string | undefined;
  /** A map of HAProxy to keep. */
  readonly haproxy: HaproxyMap | undefined;
  /** A file of Envoy to keep. */
  readonly envoySds: string | undefined;
}

/** What an authorizer is to do. */
export interface AuthorizerConfig extends Omit<AuthorizerValues, keyof Policy> {
  readonly policy: Policy;
}

/** Where an authorizer listens: a Unix socket, or an address of this machine alone. */
export type AuthorizerListen =
  | { readonly kind: "unix"; readonly path: string }
  | { readonly kind: "tcp"; readonly address: ServerAddress };

/** HAProxy's runtime API, and the map in it that says who is let in. */
export interface HaproxyMap {
  /** The path of its Unix socket. */
  readonly socket: string;
  /** The map's name in HAProxy's configuration. */
  readonly map: string;
}

export interface MetricsConfig {
  readonly listen: ServerAddress;
  /** Peer names as labels: whoever reads the metrics then learns who connects. */
  readonly peerLabels: boolean;
}

/** What is said of one address to listen on. `LISTENER_SETTINGS` has how. */
export interface ListenerValues extends Policy {
  readonly listen: ServerAddress;
  /** PEM files; both or none. */
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly clientCertificate: ClientCertificate;
  /** `none`, `system`, or a PEM file. */
  readonly trustCa: string;
  readonly minTls: "TLSv1.2" | "TLSv1.3";
  readonly maxTls: "TLSv1.2" | "TLSv1.3";
  readonly handshakeTimeoutMs: number;
  readonly maxHandshakes: number;
  /** Networks that must send a PROXY header first, in CIDR notation; from others none is believed. */
  readonly acceptProxy: readonly string[];
  readonly name: string | undefined;
  readonly to: string;
  readonly mode: "tcp" | "http";
  /** In which forms the upstream is told where requests come from; `http` only. */
  readonly forwarded: readonly ForwardedForm[];
  /** Of a request; 0 for no limit. `http` only. */
  readonly maxBodyBytes: number;
  /** For `Host` and `:authority`; empty takes any. `http` only. */
  readonly serverNames: readonly string[];
  /** What a pending client meets; `page` in `http` only. */
  readonly onPending: "alert" | "page";
  /** Who of the trusted peers may come in: names and `group:NAME`; undefined for all of them. */
  readonly allow: readonly string[] | undefined;
  /** More than `allow`, for paths; `http` only. The longest match decides. */
  readonly paths: readonly PathRule[];
  /** What the service speaks, by its ALPN names, the best first: clients that offer others alone are refused; `tcp` only. */
  readonly alpn: readonly string[];
  /** How clients ask for TLS, in the clear: we answer, and the upstream is spoken to behind TLS alone; `tcp` only. */
  readonly starttls: StartTlsServerProtocol | "none";
  /** What the upstream is told before the first byte; `tcp` only. */
  readonly sendProxy: "none" | "v2";
  /** For the connection to the upstream. */
  readonly connectTimeoutMs: number;
  /** How long to try again to connect to an upstream that refuses, as one does that restarts; 0 for not at all. */
  readonly connectRetryMs: number;
  /** Without a byte either way; 0 for no limit. */
  readonly idleTimeoutMs: number;
  /** Connections end at this age, since certificates expire meanwhile; 0 for no limit. */
  readonly maxConnectionAgeMs: number;
  /** Connections at once; one more waits to be accepted. */
  readonly maxConnections: number;
}

/** `Forwarded`, or the fields that came before it and that most frameworks know: `X-Forwarded-For`, `-Proto` and `-Host`. */
export type ForwardedForm = "rfc7239" | "x-forwarded";

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
export interface ListenerSettings extends Omit<
  ListenerValues,
  keyof Policy | "name" | "to" | "mode" | "cert" | "key"
> {
  /** For logs, metrics and complaints; null for the only one of a process, which needs none. */
  readonly name: string | null;
  /** Undefined for the identity that is kept beside the store. */
  readonly certificate: CertificateFiles | undefined;
  readonly policy: Policy;
}

/** Where a listener's connections go, and what is spoken there; without a protocol it is bytes as they come. */
export type Upstream = (
  | { readonly kind: "tcp"; readonly address: ServerAddress }
  | { readonly kind: "unix"; readonly path: string }
) & { readonly protocol?: HttpProtocol };

/** `http://` is HTTP/1.1, `h2c://` HTTP/2 with prior knowledge. */
export type HttpProtocol = "http" | "h2c";

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
