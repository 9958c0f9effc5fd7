import type { ListenerValues, PathRule } from "./config.ts";
import { parseAllowed } from "./parse-allowed.ts";
import { parseListenAddress } from "./parse-listen.ts";
import { parseRulePath } from "./path-rules.ts";
import {
  ageOrNone,
  count,
  listOf,
  name,
  parseNetwork,
  parseProtocol,
  sizeOrNone,
  text,
  timeout,
  timeoutOrNone,
  tlsVersion,
  wordIn,
  words,
} from "./readers.ts";
import { parseServerName } from "./server-names.ts";
import { STARTTLS_SERVER_PROTOCOLS } from "../starttls/starttls-servers.ts";
import type { Settings } from "./setting.ts";

const PATH_SETTINGS: Settings<PathRule> = {
  path: { key: "path", reader: text(parseRulePath), isRequired: true },
  allow: { key: "allow", reader: listOf(parseAllowed), isRequired: true },
};

/**
 * All that a listener has: what it is called in files and in options, how it is read, what it is by default. In the order
 * of help. Whatever else knows of a setting uses it.
 */
export const LISTENER_SETTINGS: Settings<ListenerValues> = {
  listen: {
    key: "listen",
    reader: text(parseListenAddress),
    isRequired: true,
    option: {
      value: "<host:port>",
      help: "where to listen; :PORT is on all addresses, port 0 picks one",
      default: "127.0.0.1:8443",
      greets: true,
    },
  },
  cert: {
    key: "cert",
    reader: name,
    without: "the identity that is kept beside the store",
    option: {
      value: "<file>",
      help: "the server's certificate as PEM; without it one is made and kept beside the store",
      greets: true,
    },
  },
  key: {
    key: "key",
    reader: name,
    without: "the identity that is kept beside the store",
    option: { value: "<file>", help: "the private key of {cert} as PEM", greets: true },
  },
  firstUse: {
    key: "first_use",
    reader: words("accept", "ask", "refuse"),
    default: "ask",
    option: { value: "<mode>", help: "clients never seen before", greets: { default: "accept" } },
  },
  bind: {
    key: "bind",
    reader: words("name", "key"),
    default: "name",
    option: {
      value: "<what>",
      help: "what a peer is called: as its certificate claims, or by key",
      greets: true,
    },
  },
  clientCertificate: {
    key: "client_certificate",
    reader: words("none", "optional", "required"),
    default: "required",
    option: {
      value: "<mode>",
      help: "whether clients are asked for a certificate, and must have one",
      greets: { default: "optional" },
    },
  },
  trustCa: {
    key: "trust_ca",
    reader: name,
    default: "none",
    option: {
      value: "<ca>",
      help: "whose signature passes without review: none, system, or a PEM file",
      greets: true,
    },
  },
  validity: {
    key: "validity",
    reader: words("enforce", "ignore"),
    default: "enforce",
    option: { value: "<mode>", help: "the dates of certificates", greets: true },
  },
  rotation: {
    key: "rotation",
    reader: words("accept", "ask", "refuse"),
    default: "accept",
    option: { value: "<mode>", help: "new keys that a trusted key endorsed", greets: true },
  },
  minTls: {
    key: "min_tls",
    reader: tlsVersion,
    default: "1.2",
    option: { value: "<version>", help: "the oldest TLS version", greets: true },
  },
  maxTls: {
    key: "max_tls",
    reader: tlsVersion,
    default: "1.3",
    option: { value: "<version>", help: "the newest TLS version", greets: true },
  },
  handshakeTimeoutMs: {
    key: "handshake_timeout",
    reader: timeout,
    default: "10s",
    option: { value: "<duration>", help: "from connecting to the end of the handshake", greets: true },
  },
  maxHandshakes: {
    key: "max_handshakes",
    reader: count,
    default: 1024,
    option: { value: "<n>", help: "handshakes under way at once", greets: true },
  },
  acceptProxy: {
    key: "accept_proxy",
    reader: listOf(parseNetwork),
    default: [],
    without: "none",
    option: {
      value: "<cidr,...>",
      help: "networks that must send a PROXY header first; from others none is believed",
      greets: true,
    },
  },
  name: {
    key: "name",
    reader: name,
    without: "the address",
    option: { value: "<name>", help: "what the listener is called in logs and lists", default: "main" },
  },
  to: {
    key: "to",
    reader: name,
    isRequired: true,
    option: {
      value: "<upstream>",
      help: "where connections go: HOST:PORT or unix:PATH; with {mode} http behind http:// or h2c://",
    },
  },
  mode: {
    key: "mode",
    reader: words("tcp", "http"),
    default: "tcp",
    option: { value: "<mode>", help: "what the service speaks" },
  },
  serverNames: {
    key: "server_names",
    reader: listOf(parseServerName),
    default: [],
    without: "any",
    only: { mode: "http", complaint: "server_names are for mode http" },
    option: {
      name: "server-name",
      value: "<name,...>",
      help: "answer to these names only, *.example.org for one label in front (mode http)",
    },
  },
  forwarded: {
    key: "forwarded",
    reader: listOf(wordIn("rfc7239", "x-forwarded"), "none"),
    default: ["rfc7239", "x-forwarded"],
    without: "both",
    only: { mode: "http", complaint: "forwarded is for mode http: send_proxy tells others who comes" },
    option: {
      value: "<form,...>",
      help: "how the upstream is told where requests come from: rfc7239, x-forwarded, or none (mode http)",
    },
  },
  maxBodyBytes: {
    key: "max_body",
    reader: sizeOrNone,
    default: "0",
    only: { mode: "http", complaint: "max_body is for mode http" },
    option: {
      value: "<size>",
      help: "the longest body of a request, like 10MB or 10MiB; 0 for no limit (mode http)",
    },
  },
  onPending: {
    key: "on_pending",
    reader: words("alert", "page"),
    default: "alert",
    only: { mode: "http", complaint: "the page is for mode http" },
    option: { value: "<what>", help: "what pending clients meet; the page is for mode http" },
  },
  allow: {
    key: "allow",
    reader: listOf(parseAllowed),
    without: "every trusted peer",
    option: {
      value: "<who>",
      help: "who may come in: names, group:NAME, any-peer, anyone, network:CIDR, with commas; default any-peer",
    },
  },
  paths: {
    key: "path",
    reader: { kind: "tables", settings: PATH_SETTINGS },
    default: [],
    without: "none",
    only: { mode: "http", complaint: "paths are for mode http" },
  },
  alpn: {
    key: "alpn",
    reader: listOf(parseProtocol),
    default: [],
    without: "none is selected",
    only: { mode: "tcp", complaint: "alpn is for mode tcp: in mode http it is h2 and http/1.1" },
    option: {
      value: "<protocol,...>",
      help: "what the service speaks, by its ALPN names, the best first (mode tcp)",
    },
  },
  starttls: {
    key: "starttls",
    reader: words("none", ...STARTTLS_SERVER_PROTOCOLS),
    default: "none",
    only: { mode: "tcp", complaint: "starttls is for mode tcp" },
    option: {
      value: "<protocol>",
      help: "clients ask for TLS in the clear first, as this protocol does (mode tcp)",
    },
  },
  sendProxy: {
    key: "send_proxy",
    reader: words("none", "v2"),
    default: "none",
    only: {
      mode: "tcp",
      complaint: "send_proxy is for mode tcp: an HTTP upstream is told in header fields",
    },
    option: { value: "<version>", help: "tell the upstream who comes, by a PROXY header (mode tcp)" },
  },
  connectTimeoutMs: {
    key: "connect_timeout",
    reader: timeout,
    default: "10s",
    option: { value: "<duration>", help: "for the connection to the upstream" },
  },
  connectRetryMs: {
    key: "connect_retry",
    reader: timeoutOrNone,
    default: "3s",
    option: {
      value: "<duration>",
      help: "how long to try again to connect to an upstream that restarts; 0 for not",
    },
  },
  idleTimeoutMs: {
    key: "idle_timeout",
    reader: timeoutOrNone,
    default: "0",
    option: {
      value: "<duration>",
      help: "ends a connection without a byte either way; 0 for no limit",
    },
  },
  maxConnectionAgeMs: {
    key: "max_connection_age",
    reader: ageOrNone,
    default: "0",
    option: {
      value: "<duration>",
      help: "ends a connection at this age, since certificates expire meanwhile; 0 for no limit",
    },
  },
  maxConnections: {
    key: "max_connections",
    reader: count,
    default: 10_000,
    option: { value: "<n>", help: "connections at once; one more waits" },
  },
};
