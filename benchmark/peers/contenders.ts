// How each server of the comparison is set up: TLS 1.3 with a client certificate in front, plain TCP or HTTP behind.
import { accessSync, constants, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

export interface Setup {
  readonly folder: string;
  readonly port: number;
  readonly upstream: { readonly tcp: number; readonly http: number };
  /** PEM: certificate and key of the server. */
  readonly identity: string;
  /** PEM: the client's self-signed certificate. */
  readonly clientCertificate: string;
  /** A trust store that knows the client. */
  readonly store: string;
}

export type Command = readonly [string, ...string[]];

/** A program under a name, and how it is started for each kind of work that it can do. */
export interface Program {
  readonly name: string;
  /** Debian packages that bring it; none for what is here anyway. */
  readonly packages: readonly string[];
  readonly binary: string;
  readonly tcp?: (setup: Setup) => Command;
  readonly http?: (setup: Setup) => Command;
}

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");
const BARE_PIPE = join(import.meta.dirname, "bare-pipe.ts");
const NODE = process.execPath;

export const PROGRAMS: readonly Program[] = [
  {
    name: "bare Node pipe",
    packages: [],
    binary: NODE,
    tcp: (setup) => barePipe(setup, 1),
  },
  {
    name: "handclasp",
    packages: [],
    binary: NODE,
    tcp: (setup) => handclasp(setup, "tcp", `127.0.0.1:${setup.upstream.tcp}`),
    http: (setup) => handclasp(setup, "http", `http://127.0.0.1:${setup.upstream.http}`),
  },
  {
    name: "HAProxy",
    packages: ["haproxy"],
    binary: "haproxy",
    tcp: (setup) => haproxy(setup, "tcp", setup.upstream.tcp),
    http: (setup) => haproxy(setup, "http", setup.upstream.http),
  },
  {
    name: "nginx",
    packages: ["nginx", "libnginx-mod-stream"],
    binary: "nginx",
    tcp: (setup) => nginx(setup, "stream"),
    http: (setup) => nginx(setup, "http"),
  },
  { name: "stunnel", packages: ["stunnel4"], binary: "stunnel4", tcp: stunnel },
  { name: "Caddy", packages: ["caddy"], binary: "caddy", http: caddy },
];

/** Where a program is; undefined when it is not installed. */
export function findBinary(name: string): string | undefined {
  if (name.startsWith("/")) return name;
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

export function barePipe({ port, upstream, identity, clientCertificate }: Setup, processes: number): Command {
  return [
    NODE,
    BARE_PIPE,
    String(port),
    String(upstream.tcp),
    identity,
    clientCertificate,
    String(processes),
  ];
}

export function handclasp(
  { port, identity, store }: Setup,
  mode: "tcp" | "http",
  to: string,
  more: readonly string[] = [],
): Command {
  const listen = ["--listen", `127.0.0.1:${port}`, "--cert", identity, "--key", identity];
  return [NODE, MAIN, "gateway", ...listen, "--mode", mode, "--to", to, "--store", store, "--json", ...more];
}

function haproxy({ folder, port, identity, clientCertificate }: Setup, mode: string, to: number): Command {
  const alpn = mode === "http" ? " alpn h2,http/1.1" : "";
  const tls = `ssl crt ${identity} verify required ca-file ${clientCertificate} ssl-min-ver TLSv1.3${alpn}`;
  return [
    binary("haproxy"),
    "-db",
    "-f",
    write(
      folder,
      `haproxy-${mode}.cfg`,
      `global
  nbthread 1
  maxconn 8000
defaults
  mode ${mode}
  timeout connect 10s
  timeout client 10m
  timeout server 10m
  ${mode === "http" ? "option http-keep-alive\n  http-reuse always" : ""}
frontend front
  bind 127.0.0.1:${port} backlog 4096 ${tls}
  default_backend back
backend back
  server one 127.0.0.1:${to}
`,
    ),
  ];
}

function nginx({ folder, port, upstream, identity, clientCertificate }: Setup, kind: string): Command {
  const tls = `listen 127.0.0.1:${port} ssl${kind === "http" ? " http2" : ""} backlog=4096;
    ssl_certificate ${identity};
    ssl_certificate_key ${identity};
    ssl_protocols TLSv1.3;
    ssl_verify_client on;
    ssl_client_certificate ${clientCertificate};`;
  const server =
    kind === "stream"
      ? `stream {
  server {
    ${tls}
    proxy_pass 127.0.0.1:${upstream.tcp};
    proxy_timeout 10m;
    tcp_nodelay on;
  }
}`
      : `http {
  access_log off;
  keepalive_requests 100000000;
  upstream back { server 127.0.0.1:${upstream.http}; keepalive 64; keepalive_requests 100000000; }
  server {
    ${tls}
    location / { proxy_pass http://back; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}`;
  const file = write(
    folder,
    `nginx-${kind}.conf`,
    `${kind === "stream" ? "load_module /usr/lib/nginx/modules/ngx_stream_module.so;" : ""}
daemon off;
master_process off;
worker_processes 1;
pid ${folder}/nginx-${kind}.pid;
error_log stderr warn;
events { worker_connections 16000; }
${server}
`,
  );
  return [binary("nginx"), "-p", folder, "-e", "stderr", "-c", file];
}

function stunnel({ folder, port, upstream, identity, clientCertificate }: Setup): Command {
  const file = write(
    folder,
    "stunnel.conf",
    `foreground = yes
pid =
debug = warning
socket = l:TCP_NODELAY=1
socket = r:TCP_NODELAY=1
[front]
accept = 127.0.0.1:${port}
connect = 127.0.0.1:${upstream.tcp}
cert = ${identity}
verifyPeer = yes
CAfile = ${clientCertificate}
sslVersionMin = TLSv1.3
TIMEOUTidle = 600
`,
  );
  return [binary("stunnel4"), file];
}

function caddy({ folder, port, upstream, identity, clientCertificate }: Setup): Command {
  const file = write(
    folder,
    "Caddyfile",
    `{
  admin off
  auto_https off
  storage file_system ${folder}/caddy
}
https://localhost:${port} {
  bind 127.0.0.1
  tls ${identity} ${identity} {
    protocols tls1.3
    client_auth {
      mode require_and_verify
      trusted_ca_cert_file ${clientCertificate}
    }
  }
  reverse_proxy 127.0.0.1:${upstream.http}
}
`,
  );
  // Caddy keeps a copy of its configuration under XDG_CONFIG_HOME.
  return [
    "env",
    `XDG_CONFIG_HOME=${folder}`,
    binary("caddy"),
    "run",
    "--config",
    file,
    "--adapter",
    "caddyfile",
  ];
}

function binary(name: string): string {
  const found = findBinary(name);
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}

function write(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
