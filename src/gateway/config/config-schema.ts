import * as v from "valibot";
import { reasonOf } from "../../errors.ts";
import { parseServerAddress, type ServerAddress } from "../../client/server-address.ts";
import { parseDuration, parseTimeout } from "../../duration.ts";
import { parseIpNetwork } from "../../trust/network/ip-network.ts";
import type { PathRule } from "./config.ts";
import { parseRulePath } from "./path-rules.ts";
import { parseServerName } from "../http/fields/request-target.ts";
import { parseAllowed } from "./parse-allowed.ts";
import { parseListenAddress } from "./parse-listen.ts";

/** A file, with its defaults filled in and its texts understood. */
export interface ParsedConfig {
  readonly store?: string | undefined;
  readonly workers: number | "auto";
  readonly max_pending: number;
  readonly pem_dir?: string | undefined;
  readonly drain_timeout: number;
  readonly metrics?: { readonly listen: ServerAddress; readonly peer_labels: boolean } | undefined;
  readonly listener: readonly ParsedListener[];
}

/** `[[listener]]`; times are in milliseconds. */
export interface ParsedListener {
  readonly name?: string | undefined;
  readonly listen: ServerAddress;
  readonly mode: "tcp" | "http";
  readonly to: string;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly first_use: "accept" | "ask" | "refuse";
  readonly bind: "name" | "key";
  readonly validity: "enforce" | "ignore";
  readonly rotation: "accept" | "ask" | "refuse";
  readonly client_certificate: "none" | "optional" | "required";
  readonly trust_ca: string;
  readonly min_tls: "1.2" | "1.3";
  readonly max_tls: "1.2" | "1.3";
  readonly allow?: readonly string[] | undefined;
  readonly path: readonly PathRule[];
  readonly server_names: readonly string[];
  readonly on_pending: "alert" | "page";
  readonly alpn: readonly string[];
  readonly send_proxy: "none" | "v2";
  readonly accept_proxy: readonly string[];
  readonly handshake_timeout: number;
  readonly max_handshakes: number;
  readonly max_connections: number;
  readonly connect_timeout: number;
  readonly connect_retry: number;
  readonly idle_timeout: number;
  readonly max_connection_age: number;
}

/** A text that a parser of ours understands; what that throws is the complaint. */
function parsed<T>(parse: (text: string) => T): v.GenericSchema<string, T> {
  return v.pipe(
    v.string(),
    v.rawTransform<string, T>(({ dataset, addIssue, NEVER }) => {
      try {
        return parse(dataset.value);
      } catch (error) {
        addIssue({ message: reasonOf(error) });
        return NEVER;
      }
    }),
  );
}

function words<const Words extends readonly string[]>(...list: Words): v.PicklistSchema<Words, undefined> {
  return v.picklist(list);
}

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(999_999_999));
const timeout = parsed(parseTimeout);
const timeoutOrNone = parsed((text) => (text === "0" ? 0 : parseTimeout(text)));
const age = parsed((text) => (text === "0" ? 0 : parseDuration(text)));
const name = v.pipe(v.string(), v.nonEmpty());
const networks = v.array(
  v.pipe(
    v.string(),
    v.check(
      (text) => parseIpNetwork(text) !== undefined,
      "is no IP network: write 192.0.2.0/24 or 2001:db8::/32",
    ),
  ),
);
const allow = v.array(parsed(parseAllowed));

/** RFC 7301 §3.1 has any bytes; the registered names are these. */
export function parseProtocol(text: string): string {
  if (/^[!-~]{1,255}$/.test(text)) return text;
  throw new Error(`no protocol of ALPN is called ${JSON.stringify(text)}`);
}

const path = v.strictObject({
  path: parsed(parseRulePath),
  allow,
});

const listener = v.strictObject({
  name: v.optional(name),
  listen: parsed(parseListenAddress),
  mode: v.optional(words("tcp", "http"), "tcp"),
  to: name,
  cert: v.optional(name),
  key: v.optional(name),
  first_use: v.optional(words("accept", "ask", "refuse"), "ask"),
  bind: v.optional(words("name", "key"), "name"),
  validity: v.optional(words("enforce", "ignore"), "enforce"),
  rotation: v.optional(words("accept", "ask", "refuse"), "accept"),
  client_certificate: v.optional(words("none", "optional", "required"), "required"),
  trust_ca: v.optional(name, "none"),
  min_tls: v.optional(words("1.2", "1.3"), "1.2"),
  max_tls: v.optional(words("1.2", "1.3"), "1.3"),
  allow: v.optional(allow),
  path: v.optional(v.array(path), []),
  server_names: v.optional(v.array(parsed(parseServerName)), []),
  on_pending: v.optional(words("alert", "page"), "alert"),
  alpn: v.optional(v.array(parsed(parseProtocol)), []),
  send_proxy: v.optional(words("none", "v2"), "none"),
  accept_proxy: v.optional(networks, []),
  handshake_timeout: v.optional(timeout, "10s"),
  max_handshakes: v.optional(count, 1024),
  max_connections: v.optional(count, 10_000),
  connect_timeout: v.optional(timeout, "10s"),
  connect_retry: v.optional(timeoutOrNone, "0"),
  idle_timeout: v.optional(timeoutOrNone, "0"),
  max_connection_age: v.optional(age, "0"),
});

const metrics = v.strictObject({
  listen: parsed(parseServerAddress),
  peer_labels: v.optional(v.boolean(), false),
});

const config = v.strictObject({
  store: v.optional(name),
  workers: v.optional(v.union([count, v.literal("auto")]), 1),
  max_pending: v.optional(count, 1000),
  pem_dir: v.optional(name),
  drain_timeout: v.optional(timeout, "30s"),
  metrics: v.optional(metrics),
  listener: v.pipe(v.array(listener), v.minLength(1, "there has to be at least one [[listener]]")),
});

/** What a file may say. */
export const CONFIG_SCHEMA: v.GenericSchema<unknown, ParsedConfig> = config;

/** Every key with its default, by table; undefined when it has none. For the reference. */
export const CONFIG_KEYS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "": defaultsOf(config.entries),
  "[metrics]": defaultsOf(metrics.entries),
  "[[listener]]": defaultsOf(listener.entries),
  "[[listener.path]]": defaultsOf(path.entries),
};

function defaultsOf(entries: v.ObjectEntries): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(entries).map(([key, schema]) => [key, "default" in schema ? schema.default : undefined]),
  );
}
