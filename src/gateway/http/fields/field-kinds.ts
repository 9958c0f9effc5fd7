import { PROXIED_NAMES, PROXIED_PREFIXES } from "./proxied-names.ts";

/**
 * What happens to a request's field on its way to the upstream. `ours` and `proxied` say who somebody is or what is
 * asked for, and are dropped; `proxied` ones are kept from trusted proxies.
 */
type FieldKind =
  | "end-to-end"
  | "hop-by-hop"
  | "ours"
  | "proxied"
  | "pseudo"
  | "host"
  | "connection"
  | "content-length"
  | "cookie"
  | "expect"
  | "te"
  | "trailer";

const NAMED: ReadonlyMap<string, FieldKind> = new Map<string, FieldKind>([
  ["host", "host"],
  ["connection", "connection"],
  ["content-length", "content-length"],
  ["cookie", "cookie"],
  ["expect", "expect"],
  ["te", "te"],
  ["trailer", "trailer"],
  // RFC 9110 §7.6.1, and those that older software means for one hop.
  ["keep-alive", "hop-by-hop"],
  ["proxy-connection", "hop-by-hop"],
  ["proxy-authenticate", "hop-by-hop"],
  ["proxy-authorization", "hop-by-hop"],
  ["transfer-encoding", "hop-by-hop"],
  ["upgrade", "hop-by-hop"],
  ["http2-settings", "hop-by-hop"],
  // Frameworks let these replace the path, and ours is the one that was judged.
  ["x-original-url", "ours"],
  ["x-rewrite-url", "ours"],
  // Gunicorn and Daphne take so much off the path as these say, and others do as a proxy of theirs would have them.
  ["script-name", "ours"],
  ["x-script-name", "ours"],
  ["path-info", "ours"],
  ["daphne-root-path", "ours"],
  // CGI would make HTTP_PROXY of it, which programs ask for where to send their own requests (CVE-2016-5385).
  ["proxy", "ours"],
  ...PROXIED_NAMES.map((name) => [name, "proxied"] as const),
]);
/** In one expression: strangers choose which names are asked for. */
const OURS = startOf(["client-cert", "handclasp-"]);
const PROXIED = startOf(PROXIED_PREFIXES);
const MOST_KNOWN = 1024;
const LONGEST_KNOWN = 64;
const known = new Map<string, FieldKind>();

/**
 * By the name in any spelling. CGI and its heirs turn what is no letter or digit into `_` and cannot tell `Client_Cert`
 * from `Client-Cert` (RFC 3875 §4.1.18): all of these are one name here.
 */
export function fieldKind(name: string): FieldKind {
  const kept = known.get(name);
  if (kept !== undefined) return kept;
  const kind = classify(name);
  if (known.size < MOST_KNOWN && name.length <= LONGEST_KNOWN) known.set(name, kind);
  return kind;
}

function classify(name: string): FieldKind {
  if (name.startsWith(":")) return "pseudo";
  const lower = name.toLowerCase();
  const named = NAMED.get(lower);
  if (named !== undefined) return named;
  const folded = foldName(name);
  if (OURS.test(folded)) return "ours";
  if (PROXIED.test(folded)) return "proxied";
  // Nothing else may be known by its folded name: `te_` is not TE.
  const meant = NAMED.get(folded);
  return meant === "ours" || meant === "proxied" ? meant : "end-to-end";
}

/** As CGI and its heirs know a name, but for their underscore. */
export function foldName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
}

function startOf(prefixes: readonly string[]): RegExp {
  return new RegExp(`^(?:${prefixes.join("|")})`);
}

/** Fields that a trailer section cannot carry (RFC 9110 §6.5.1), and those that no client may set. */
export function isTrailerAllowed(name: string): boolean {
  return fieldKind(name) === "end-to-end" && !NOT_IN_TRAILERS.has(name.toLowerCase());
}

const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "cache-control",
  "content-encoding",
  "content-range",
  "content-type",
  "date",
  "expires",
  "location",
  "max-forwards",
  "pragma",
  "range",
  "retry-after",
  "set-cookie",
  "vary",
  "www-authenticate",
]);
