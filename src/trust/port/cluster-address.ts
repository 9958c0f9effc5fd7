import { hash } from "node:crypto";
import { resolve } from "node:path";
import { parseDuration } from "../../duration.ts";
import { HandclaspError, reasonOf } from "../../errors.ts";

/** Where a database answers. */
export interface DatabaseHost {
  /** A host name, an IP address without brackets, or the folder of a Unix socket, which begins with a slash. */
  readonly host: string;
  readonly port: number;
}

/** Where the machines of a cluster meet, and as what. */
export interface ClusterAddress {
  readonly user: string;
  /** Tried in this order; one at least. */
  readonly hosts: readonly DatabaseHost[];
  readonly database: string;
  readonly schema: string;
  /** What people call this machine; null for its host name. */
  readonly node: string | null;
  /** How long known keys are admitted that cannot be compared with the log; 0 for as long as it takes to miss one look. */
  readonly maxStalenessMs: number;
  /** `read-write`: a copy that cannot be written is left for the next host. */
  readonly targetSession: TargetSession;
  /** Whether a new replica may start from a snapshot, which the database's word stands for; else it carries out the whole log. */
  readonly usesSnapshots: boolean;
  readonly tls: DatabaseTls;
  /** A file of CAs that vouch for the database, or `system`; null for what is known of its key. */
  readonly rootCert: string | null;
}

export type TargetSession = "read-write" | "any";

/**
 * `usual`: TLS, but on this machine; `required`: there, too; `verified`: that, and a CA vouches for its name;
 * `plain`: none, wherever it is.
 */
export type DatabaseTls = "usual" | "required" | "verified" | "plain";

const DEFAULT_PORT = 5432;
const DEFAULT_SCHEMA = "handclasp";
const DEFAULT_STALENESS_MS = 300_000;

const SCHEME = /^postgres(?:ql)?:\/\//;
/** What needs no quotes in SQL, and leaves room for what is made of it. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,47}$/;
const NODE_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62})$/;
/** libpq's words, but for those that would take what comes. */
const SSL_MODES: Readonly<Record<string, DatabaseTls>> = {
  require: "required",
  "verify-full": "verified",
  "dangerously-disable": "plain",
};
const WORD_OF_TLS: Readonly<Record<DatabaseTls, string | null>> = {
  usual: null,
  required: "require",
  verified: "verify-full",
  plain: "dangerously-disable",
};

export const CLUSTER_HINT = "postgres://USER@HOST/DATABASE?replica=PATH";

/** Whether a text names a cluster, or means to. */
export function isClusterUrl(text: string): boolean {
  return SCHEME.test(text);
}

/** A cluster, and the file of this machine's replica where it is said. */
export interface ClusterUrl {
  readonly cluster: ClusterAddress;
  readonly replica: string | null;
}

/**
 * Reads `postgres://USER@HOST[:PORT][,…]/DATABASE[?…]`. A password is refused: what is read here is shown. Throws
 * ERR_HANDCLASP_OPTION, which quotes nothing that could be one.
 */
export function parseClusterUrl(text: string): ClusterUrl {
  const [, authority = "", path = "", query = ""] =
    /^[a-z]+:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text) ?? [];
  const at = authority.lastIndexOf("@");
  if (at >= 0 && authority.slice(0, at).includes(":")) throw withPassword();
  const user = at < 0 ? "" : decoded(authority.slice(0, at), "the user");
  if (user === "") throw wrong("says not as whom to connect", CLUSTER_HINT);
  const database = decoded(path, "the database");
  if (database === "") throw wrong("names no database", CLUSTER_HINT);
  const said = parseQuery(query);
  const take = <T>(name: string, read: (value: string) => T, otherwise: T): T => {
    const value = said.get(name);
    said.delete(name);
    return value === undefined ? otherwise : read(value);
  };
  const cluster: ClusterAddress = {
    user: plain(user, "the user"),
    hosts: authority
      .slice(at + 1)
      .split(",")
      .map(parseHost),
    database: plain(database, "the database"),
    schema: take("schema", toSchema, DEFAULT_SCHEMA),
    node: take("node", toNode, null),
    maxStalenessMs: take("max_staleness", toStaleness, DEFAULT_STALENESS_MS),
    targetSession: take("target_session_attrs", toTargetSession, "read-write"),
    usesSnapshots: take("snapshot", toYesOrNo, true),
    tls: take("sslmode", toTls, "usual"),
    rootCert: take("sslrootcert", (file) => plain(file, "sslrootcert"), null),
  };
  if (cluster.tls === "plain" && cluster.rootCert !== null)
    throw wrong("has sslrootcert, and a mode without TLS", "leave out one of them");
  const replica = take("replica", (file) => plain(file, "replica"), null);
  const [unknown] = said.keys();
  if (unknown === undefined) return { cluster, replica };
  if (unknown === "password" || unknown === "sslpassword") throw withPassword();
  throw wrong(`has a parameter that there is not: ${JSON.stringify(unknown.slice(0, 40))}`, PARAMETERS);
}

const PARAMETERS =
  "there are replica, schema, node, max_staleness, snapshot, target_session_attrs, sslmode and sslrootcert";

/** What `parseClusterUrl` reads as the same. */
export function formatClusterUrl({ cluster, replica }: ClusterUrl): string {
  const { user, hosts, database, schema, node, maxStalenessMs, usesSnapshots, targetSession, tls, rootCert } =
    cluster;
  const parameters: readonly (readonly [string, string | null])[] = [
    ["replica", replica],
    ["schema", schema === DEFAULT_SCHEMA ? null : schema],
    ["node", node],
    ["max_staleness", maxStalenessMs === DEFAULT_STALENESS_MS ? null : toDuration(maxStalenessMs)],
    ["snapshot", usesSnapshots ? null : "no"],
    ["target_session_attrs", targetSession === "read-write" ? null : targetSession],
    ["sslmode", WORD_OF_TLS[tls]],
    ["sslrootcert", rootCert],
  ];
  const said = parameters.flatMap(([name, value]) => (value === null ? [] : [`${name}=${encoded(value)}`]));
  const query = said.length === 0 ? "" : `?${said.join("&")}`;
  return `postgres://${encodeURIComponent(user)}@${hosts.map(formatDatabaseHost).join(",")}/${encodeURIComponent(database)}${query}`;
}

/** The same as seen from a folder. */
export function clusterIn(folder: string, { cluster, replica }: ClusterUrl): ClusterUrl {
  const { rootCert } = cluster;
  return {
    cluster: {
      ...cluster,
      rootCert: rootCert === null || rootCert === "system" ? rootCert : resolve(folder, rootCert),
    },
    replica: replica === null ? null : resolve(folder, replica),
  };
}

/** What the file of a replica is called that nobody gave a name: another one for each cluster. */
export function defaultReplicaName({ hosts, database, schema }: ClusterAddress): string {
  const which = JSON.stringify([hosts.map(({ host, port }) => [host, port]), database, schema]);
  return `replica-${hash("sha256", which).slice(0, 16)}.db`;
}

/** Whether what is sent to a host stays on this machine. */
export function isOnThisMachine({ host }: DatabaseHost): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function parseHost(text: string): DatabaseHost {
  const [, bracketed, plainHost, port = String(DEFAULT_PORT)] =
    /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]@]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plainHost;
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535)
    throw wrong(
      "names no host that can be connected to",
      "HOST, HOST:PORT or [::1]:PORT, several with commas between",
    );
  const name = plain(decoded(host, "a host"), "a host");
  if (!name.startsWith("/") && /[\s/@:,[\]]/.test(name) && bracketed === undefined)
    throw wrong("names a host that cannot be one", CLUSTER_HINT);
  return { host: name.startsWith("/") ? name : name.toLowerCase(), port: Number(port) };
}

/** As a URL has it. */
export function formatDatabaseHost({ host, port }: DatabaseHost): string {
  const name = host.startsWith("/") || !host.includes(":") ? encodeURIComponent(host) : `[${host}]`;
  return port === DEFAULT_PORT ? name : `${name}:${port}`;
}

function parseQuery(query: string): Map<string, string> {
  const said = new Map<string, string>();
  for (const part of query.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = decoded(equals < 0 ? part : part.slice(0, equals), "a parameter");
    if (said.has(name)) throw wrong(`says twice what ${JSON.stringify(name.slice(0, 40))} is`, PARAMETERS);
    said.set(name, equals < 0 ? "" : decoded(part.slice(equals + 1), name));
  }
  return said;
}

function toSchema(name: string): string {
  if (SCHEMA_NAME.test(name)) return name;
  throw wrong("has a schema that cannot be one", "small letters, digits and _, 48 at most: schema=handclasp");
}

function toNode(name: string): string {
  if (NODE_NAME.test(name)) return name;
  throw wrong("has a node that cannot be one", "letters, digits, dots, - and _, 63 at most: node=edge-1");
}

function toStaleness(text: string): number {
  if (/^0[smhdw]?$/.test(text)) return 0;
  try {
    return parseDuration(text);
  } catch (error) {
    throw wrong(`has no duration as max_staleness: ${reasonOf(error)}`, "max_staleness=5m, or 0");
  }
}

function toTargetSession(word: string): TargetSession {
  if (word === "read-write" || word === "primary") return "read-write";
  if (word === "any") return "any";
  throw wrong("has target_session_attrs that are of no use here", "read-write, or any");
}

function toYesOrNo(word: string): boolean {
  if (word === "yes" || word === "no") return word === "yes";
  throw wrong("says nothing that can be read of snapshots", "snapshot=no carries out the whole log");
}

function toTls(word: string): DatabaseTls {
  const tls = Object.hasOwn(SSL_MODES, word) ? SSL_MODES[word] : undefined;
  if (tls !== undefined) return tls;
  throw wrong(
    "has an sslmode that could be talked out of TLS, or that there is not",
    "leave it out: TLS is asked for but on this machine; or require, verify-full",
  );
}

const UNITS = [
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

function toDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms % each === 0) ?? ["s", 1000];
  return `${ms / size}${ms === 0 ? "" : unit}`;
}

function plain(text: string, what: string): string {
  // PostgreSQL's protocol ends texts with a zero; the others would go to logs.
  if (text !== "" && !/\p{Cc}/u.test(text)) return text;
  throw wrong(`says nothing that can be read as ${what}`, CLUSTER_HINT);
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong(`has a % that stands for nothing in ${what.slice(0, 40)}`, "a % itself is written %25");
  }
}

/** As people would write it: what has no meaning there stays. */
function encoded(value: string): string {
  return encodeURIComponent(value).replaceAll(/%(?:2F|3A|2C|40)/g, decodeURIComponent);
}

function withPassword(): HandclaspError {
  return wrong(
    "has a password in it, which lists and logs would show",
    "take it out: PGPASSWORD, PGPASSFILE or ~/.pgpass have it, as for psql",
  );
}

function wrong(problem: string, hint: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `the store's URL ${problem}`, { hint });
}
