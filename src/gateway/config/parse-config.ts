import { resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { formatServerAddress } from "../../client/server-address.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";
import { CONFIG_SCHEMA, type ParsedConfig, type ParsedListener } from "./config-schema.ts";
import type { GatewayConfig, ListenerConfig, PathRule, Upstream } from "./config.ts";
import { PathRules } from "./path-rules.ts";
import { locateKey, type TextPlace } from "./locate-key.ts";
import { parseSocketPath } from "./parse-socket-path.ts";
import { parseUpstream } from "./parse-upstream.ts";

/** What is wrong at one place of a configuration. */
export interface Complaint extends TextPlace {
  readonly message: string;
}

export interface ParseConfigOptions {
  /** For complaints. */
  readonly file: string;
  /** What relative paths are relative to: the file's folder. */
  readonly folder: string;
  /** Where the file names no store. */
  readonly store: string;
}

type Path = readonly (string | number)[];
type Complain = (path: Path, message: string) => void;

/**
 * Reads a configuration in TOML. Throws ERR_HANDCLASP_CONFIG with every complaint: a line each in the message,
 * `FILE:LINE:COLUMN: …`, and in `details.complaints`.
 */
export function parseConfig(text: string, options: ParseConfigOptions): GatewayConfig {
  const complaints: Complaint[] = [];
  const complain: Complain = (path, message) => complaints.push({ ...locateKey(text, path), message });
  const parsed = parseShape(text, options, complain);
  const config = parsed && toConfig(parsed, options, complain);
  if (config === undefined || complaints.length > 0) throw configError(options.file, complaints);
  return config;
}

function parseShape(
  text: string,
  { file }: ParseConfigOptions,
  complain: Complain,
): ParsedConfig | undefined {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column, message } = error;
    const [, what = message] = /^Invalid TOML document: ([^\n]*)/.exec(message) ?? [];
    throw configError(file, [{ line, column, message: what }]);
  }
  const result = v.safeParse(CONFIG_SCHEMA, document);
  if (result.success) return result.output;
  for (const issue of result.issues) {
    const path = (issue.path ?? []).map(({ key }) => key as string | number);
    complain(path, messageOf(issue, path));
  }
  return undefined;
}

function messageOf(issue: v.BaseIssue<unknown>, path: Path): string {
  const key = path.findLast((step) => typeof step === "string") ?? "the file";
  if (issue.expected === "never") return `there is no key ${JSON.stringify(key)} here`;
  if (issue.received === "undefined") return `${key} is missing`;
  if (issue.kind === "schema") return `${key} has to be ${expectedOf(issue)}, not ${issue.received}`;
  return `${key}: ${issue.message}`;
}

function expectedOf({ expected }: v.BaseIssue<unknown>): string {
  const words = (expected ?? "something else").replaceAll(/[()]/g, "");
  return { Array: "a list", Object: "a table" }[words] ?? words.replaceAll(" | ", " or ");
}

function toConfig(parsed: ParsedConfig, options: ParseConfigOptions, complain: Complain): GatewayConfig {
  const inFolder = (path: string): string => resolve(options.folder, path);
  const listeners = parsed.listener.map((listener, at) => toListener(listener, at, inFolder, complain));
  checkUnique(listeners, complain);
  const { metrics } = parsed;
  return {
    store: parsed.store === undefined ? options.store : storeIn(parsed.store, inFolder),
    listeners,
    workers: parsed.workers,
    metrics: metrics && { listen: metrics.listen, peerLabels: metrics.peer_labels },
    maxPending: parsed.max_pending,
    pemDir: parsed.pem_dir === undefined ? undefined : inFolder(parsed.pem_dir),
    drainTimeoutMs: parsed.drain_timeout,
  };
}

function storeIn(store: string, inFolder: (path: string) => string): string {
  if (store.startsWith("sqlite:")) return `sqlite:${inFolder(store.slice("sqlite:".length))}`;
  return /^[a-z][a-z0-9+.-]+:/i.test(store) ? store : inFolder(store);
}

function toListener(
  parsed: ParsedListener,
  at: number,
  inFolder: (path: string) => string,
  complain: Complain,
): ListenerConfig {
  const refuse = (key: string, message: string): void => complain(["listener", at, key], message);
  const { mode, cert, key, min_tls: minTls, max_tls: maxTls, trust_ca: trustCa } = parsed;
  if ((cert === undefined) !== (key === undefined)) {
    refuse(cert === undefined ? "key" : "cert", "cert and key belong together");
  }
  if (minTls > maxTls) refuse("min_tls", "min_tls is newer than max_tls");
  if (mode === "tcp") {
    if (parsed.path.length > 0) refuse("path", "paths are for mode http");
    if (parsed.server_names.length > 0) refuse("server_names", "server_names are for mode http");
    if (parsed.on_pending === "page") refuse("on_pending", "the page is for mode http");
  } else {
    checkPaths(parsed.path, at, complain);
  }
  if (mode === "http" && parsed.alpn.length > 0) {
    refuse("alpn", "alpn is for mode tcp: in mode http it is h2 and http/1.1");
  }
  if (mode === "http" && parsed.send_proxy !== "none") {
    refuse("send_proxy", "send_proxy is for mode tcp: an HTTP upstream is told in header fields");
  }
  return {
    name: parsed.name ?? formatServerAddress(parsed.listen),
    listen: parsed.listen,
    mode,
    to: upstreamOf(parsed, inFolder, (message) => refuse("to", message)),
    certificate:
      cert === undefined || key === undefined ? undefined : { cert: inFolder(cert), key: inFolder(key) },
    policy: {
      firstUse: parsed.first_use,
      bind: parsed.bind,
      validity: parsed.validity,
      rotation: parsed.rotation,
    },
    clientCertificate: parsed.client_certificate,
    trustCa: trustCa === "none" || trustCa === "system" ? trustCa : inFolder(trustCa),
    minTls: `TLSv${minTls}`,
    maxTls: `TLSv${maxTls}`,
    allow: parsed.allow,
    paths: parsed.path,
    serverNames: parsed.server_names,
    onPending: parsed.on_pending,
    alpn: parsed.alpn,
    sendProxy: parsed.send_proxy,
    acceptProxy: parsed.accept_proxy,
    handshakeTimeoutMs: parsed.handshake_timeout,
    maxHandshakes: parsed.max_handshakes,
    maxConnections: parsed.max_connections,
    connectTimeoutMs: parsed.connect_timeout,
    connectRetryMs: parsed.connect_retry,
    idleTimeoutMs: parsed.idle_timeout,
    maxConnectionAgeMs: parsed.max_connection_age,
  };
}

function checkPaths(rules: readonly PathRule[], listener: number, complain: Complain): void {
  for (const [at, rule] of rules.entries()) {
    try {
      void new PathRules([rule]);
    } catch (error) {
      complain(["listener", listener, "path", at, "path"], reasonOf(error));
    }
  }
}

const NOWHERE: Upstream = { kind: "unix", path: "" };

function upstreamOf(
  { to, mode }: ParsedListener,
  inFolder: (path: string) => string,
  refuse: (message: string) => void,
): Upstream {
  try {
    const upstream = parseUpstream(to, mode);
    return upstream.kind === "unix"
      ? { ...upstream, path: parseSocketPath(inFolder(upstream.path)) }
      : upstream;
  } catch (error) {
    refuse(reasonOf(error));
    return NOWHERE;
  }
}

function checkUnique(listeners: readonly ListenerConfig[], complain: Complain): void {
  for (const [at, { name, listen }] of listeners.entries()) {
    const before = listeners.slice(0, at);
    if (before.some((other) => other.name === name)) {
      complain(["listener", at, "name"], `another listener has the name ${JSON.stringify(name)}`);
    }
    const address = formatServerAddress(listen);
    if (listen.port !== 0 && before.some((other) => formatServerAddress(other.listen) === address)) {
      complain(["listener", at, "listen"], `another listener listens on ${address}`);
    }
  }
}

/** Complaints as one error, in the order of the file. */
function configError(file: string, complaints: readonly Complaint[]): HandclaspError {
  const sorted = complaints.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const lines = sorted.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new HandclaspError("ERR_HANDCLASP_CONFIG", lines.join("\n"), {
    hint: "docs/reference/gateway-config.md has every key; a file can be looked at before it is used",
    remedies: [{ act: "check-configuration", at: "server" }],
    details: { complaints: sorted },
  });
}
