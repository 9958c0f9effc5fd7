import type { IncomingHttpHeaders } from "node:http2";
import { isIPv6 } from "node:net";
import type { ServerNames } from "../../config/server-names.ts";
import type { FieldList } from "./field-list.ts";
import type { GuardedConnection } from "../../../guard/connection/guarded-connection.ts";

/** The beginning of a request, of either version of HTTP. */
export interface RequestHead {
  readonly method: string;
  /** As the client wrote it; over HTTP/2 it is `:path`. */
  readonly target: string;
  readonly version: string;
  readonly fields: FieldList;
  /** HTTP/2's fields by name, which has those with a colon; undefined for HTTP/1.1. */
  readonly pseudo: IncomingHttpHeaders | undefined;
  /** Undefined for what did not come through the guard. */
  readonly connection: GuardedConnection | undefined;
}

/** What a request asks for. */
interface RequestTarget {
  /** As the client spelled it, with its port. */
  readonly host: string;
  /** Path and query, or `*`; visible ASCII, without a fragment. */
  readonly path: string;
}

/** A host name, an IPv4 address or an IPv6 address in brackets; a port. */
const AUTHORITY = /^([\w.-]+|\[[\dA-Fa-f:.]+\])(?::\d{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;
/** RFC 9112 §3.2.1 allows fewer; clients send more. Space, controls, `#` and what is not ASCII are in none. */
const PATH = /^\/[!"$-~]*$/;
const LONGEST_PATH = 8192;

/** Reads what a request asks for, or says the status that refuses it: 400, 414, 421. RFC 9112 §3.2, RFC 9113 §8.3.1. */
export function readTarget(head: RequestHead, names: ServerNames): RequestTarget | 400 | 414 | 421 {
  const target = head.pseudo === undefined ? readHttp1(head, names) : readHttp2(head, head.pseudo);
  if (target === undefined) return 400;
  if (target.path.length > LONGEST_PATH) return 414;
  if (!PATH.test(target.path) && !(target.path === "*" && head.method === "OPTIONS")) return 400;
  const hostname = AUTHORITY.exec(target.host)?.[1];
  if (hostname === undefined) return 400;
  return names.has(hostname) ? target : 421;
}

function readHttp1(head: RequestHead, names: ServerNames): RequestTarget | undefined {
  const { method, target, fields } = head;
  const host = fields.only("host") ?? (head.version === "1.0" ? hostOfConnection(head, names) : undefined);
  if (host === undefined) return undefined;
  if (target.startsWith("/") || target === "*") return { host, path: target };
  const [, authority, rest = ""] = ABSOLUTE.exec(target) ?? [];
  if (authority === undefined) return undefined;
  // RFC 9112 §3.2.2: the target's authority replaces the Host field.
  if (rest.startsWith("/")) return { host: authority, path: rest };
  // RFC 9112 §3.2.4
  if (rest === "") return { host: authority, path: method === "OPTIONS" ? "*" : "/" };
  return { host: authority, path: `/${rest}` };
}

/** HTTP/1.0 had no Host: it is the name that TLS was asked for, the listener's, or its address. RFC 9110 §7.1. */
function hostOfConnection({ fields, connection }: RequestHead, names: ServerNames): string | undefined {
  if (fields.has("host")) return undefined;
  const { servername, localAddress = "" } = connection?.socket ?? {};
  if (typeof servername === "string" && servername !== "") return servername;
  return names.first ?? (isIPv6(localAddress) ? `[${localAddress}]` : localAddress);
}

function readHttp2({ fields }: RequestHead, pseudo: IncomingHttpHeaders): RequestTarget | undefined {
  const { ":authority": authority, ":path": path, ":scheme": scheme } = pseudo;
  if (path === undefined || (scheme !== "https" && scheme !== "http")) return undefined;
  if (pseudo.host === undefined) return authority === undefined ? undefined : { host: authority, path };
  // Node drops a second one from `headers`.
  const host = fields.only("host");
  if (host === undefined || (authority !== undefined && host !== authority)) return undefined;
  return { host, path };
}
