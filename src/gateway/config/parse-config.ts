import { resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { formatServerAddress, type ServerAddress } from "../../client/servers/server-address.ts";
import type { StoreUrl } from "../../trust/port/store-url.ts";
import { HandclaspError } from "../../errors.ts";
import { complaintOf } from "./complaint-of.ts";
import { CONFIG_SCHEMA, type ParsedConfig } from "./config-schema.ts";
import type { AdminConfig, AdminValues, GatewayConfig, ListenerConfig } from "./config.ts";
import { locateKey, type TextPlace } from "./locate-key.ts";
import { toAuthorizer } from "./to-authorizer.ts";
import { toListener } from "./to-listener.ts";

/** What is wrong at one place of a configuration. */
export interface Complaint extends TextPlace {
  readonly message: string;
}

interface ParseConfigOptions {
  /** For complaints. */
  readonly file: string;
  /** What relative paths are relative to: the file's folder. */
  readonly folder: string;
  /** Where the file names no store. */
  readonly store: StoreUrl;
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
  const { store, pemDir, metrics, admin, authorizer, listener, ...rest } = parsed;
  const inFolder = (path: string): string => resolve(options.folder, path);
  const listeners = listener.map((values, at) =>
    toListener(values, {
      spell: ({ key }) => key,
      misplaced: (_setting, _mode, complaint) => complaint,
      complain: ({ key }, complaint) => complain(["listener", at, key], complaintOf(complaint)),
      resolve: inFolder,
    }),
  );
  checkUnique(listeners, complain);
  return {
    ...rest,
    store: store?.in(options.folder) ?? options.store,
    pemDir: pemDir === undefined ? undefined : inFolder(pemDir),
    metrics,
    admin: admin && toAdmin(admin, inFolder, complain),
    authorizer:
      authorizer &&
      toAuthorizer(authorizer, {
        spell: ({ key }) => key,
        complain: ({ key }, complaint) => complain(["authorizer", key], complaintOf(complaint)),
        resolve: inFolder,
      }),
    listeners,
  };
}

function toAdmin(
  { cert, key, ...rest }: AdminValues,
  inFolder: (path: string) => string,
  complain: Complain,
): AdminConfig {
  if ((cert === undefined) !== (key === undefined)) {
    complain(["admin", cert === undefined ? "key" : "cert"], "cert and key belong together");
  }
  if (rest.hosts.length === 0 && isEveryAddress(rest.listen)) {
    complain(["admin", "listen"], "hosts is needed: what browsers call this server");
  }
  const files =
    cert === undefined || key === undefined ? undefined : { cert: inFolder(cert), key: inFolder(key) };
  return { ...rest, certificate: files };
}

function isEveryAddress({ host }: ServerAddress): boolean {
  return host === "0.0.0.0" || host === "::";
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
