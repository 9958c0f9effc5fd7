// The servers of the comparison: how each is told the same configuration, and to read it again.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, findBinary } from "../peers/contenders.ts";
import type { Variant } from "./variant.ts";
import type { ServicePorts } from "./upstream.ts";

export interface Setup {
  readonly folder: string;
  readonly port: number;
  readonly services: readonly ServicePorts[];
  /** PEM, certificate and key of the server: one or the other. */
  readonly identities: readonly string[];
  /** PEM: the client's self-signed certificate. */
  readonly clientCertificate: string;
  /** A trust store that knows the client. */
  readonly store: string;
  readonly workers: number;
}

export interface Contender {
  readonly name: string;
  /** Debian's. */
  readonly packages: readonly string[];
  readonly binary: string;
  /** What has it read its configuration again. */
  readonly signal: NodeJS.Signals;
  /** Has somebody to revoke without reading anything again. */
  readonly revokes: boolean;
  readonly configure: (setup: Setup, variant: Variant) => string;
  readonly start: (file: string, setup: Setup) => Command;
}

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const NODE = process.execPath;

export const CONTENDERS: readonly Contender[] = [
  ...(["http", "h2c"] as const).map((protocol): Contender => ({
    name: protocol === "http" ? "handclasp" : "handclasp, h2c upstream",
    packages: [],
    binary: NODE,
    signal: "SIGHUP",
    revokes: true,
    configure: (setup, variant) => handclasp(setup, variant, protocol),
    start: (file) => [NODE, MAIN, "gateway", "--config", file, "--json"],
  })),
  ...(["http", "h2c"] as const).map((protocol): Contender => ({
    name: protocol === "http" ? "HAProxy" : "HAProxy, h2c upstream",
    packages: ["haproxy"],
    binary: "haproxy",
    signal: "SIGUSR2",
    revokes: false,
    configure: (setup, variant) => haproxy(setup, variant, protocol),
    start: (file) => [findBinary("haproxy") ?? "haproxy", "-W", "-db", "-f", file],
  })),
  {
    name: "nginx",
    packages: ["nginx"],
    binary: "nginx",
    signal: "SIGHUP",
    revokes: false,
    configure: nginx,
    start: (file, { folder }) => [findBinary("nginx") ?? "nginx", "-p", folder, "-e", "stderr", "-c", file],
  },
];

function handclasp(setup: Setup, variant: Variant, protocol: "http" | "h2c"): string {
  const { store, port, workers } = setup;
  const identity = JSON.stringify(setup.identities[variant.identity]);
  const to = `${protocol}://127.0.0.1:${setup.services[variant.service]?.[protocol]}`;
  return write(
    setup,
    `${protocol}.toml`,
    `store = ${JSON.stringify(store)}
workers = ${workers}

[[listener]]
name = "front"
listen = "127.0.0.1:${port}"
mode = "http"
to = "${to}"
connect_retry = "3s"
cert = ${identity}
key = ${identity}
server_names = ${JSON.stringify(variant.names)}
allow = ${JSON.stringify(variant.allow)}
max_connections = ${variant.limit}

${variant.denied.map((path) => `[[listener.path]]\npath = "${path}"\nallow = []\n`).join("\n")}`,
  );
}

function haproxy(setup: Setup, variant: Variant, protocol: "http" | "h2c"): string {
  const tls = `ssl crt ${setup.identities[variant.identity]} verify required ca-file ${setup.clientCertificate}`;
  return write(
    setup,
    `haproxy-${protocol}.cfg`,
    `global
  nbthread 1
  maxconn ${variant.limit}
  stats socket ${setup.folder}/haproxy-${protocol}.sock mode 600 level admin expose-fd listeners
defaults
  mode http
  timeout connect 10s
  timeout client 10m
  timeout server 10m
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:${setup.port} backlog 4096 ${tls} ssl-min-ver TLSv1.3 alpn h2,http/1.1
  http-request deny unless { hdr(host),field(1,:) -m str ${variant.names.join(" ")} }
  http-request deny unless { ssl_c_s_dn(cn) -m str ${variant.allow.join(" ")} }
${variant.denied.map((path) => `  http-request deny if { path_beg ${path} }\n`).join("")}  default_backend back
backend back
  server one 127.0.0.1:${setup.services[variant.service]?.[protocol]}${protocol === "h2c" ? " proto h2" : ""}
`,
  );
}

function nginx(setup: Setup, variant: Variant): string {
  const identity = setup.identities[variant.identity];
  return write(
    setup,
    "nginx.conf",
    `daemon off;
user root;
worker_processes ${setup.workers};
pid ${setup.folder}/nginx.pid;
error_log stderr error;
events { worker_connections ${variant.limit}; }
http {
  access_log off;
  keepalive_requests 100000000;
  upstream back {
    server 127.0.0.1:${setup.services[variant.service]?.http};
    keepalive 64;
    keepalive_requests 100000000;
  }
  map $ssl_client_s_dn $is_allowed { default 0; ${variant.allow.map((name) => `"CN=${name}" 1;`).join(" ")} }
  server {
    listen 127.0.0.1:${setup.port} ssl http2 backlog=4096;
    server_name ${variant.names.join(" ")};
    ssl_certificate ${identity};
    ssl_certificate_key ${identity};
    ssl_protocols TLSv1.3;
    ssl_verify_client on;
    ssl_client_certificate ${setup.clientCertificate};
    if ($is_allowed = 0) { return 403; }
${variant.denied.map((path) => `    location ${path} { return 403; }\n`).join("")}    location / { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`,
  );
}

function write({ folder }: Setup, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
