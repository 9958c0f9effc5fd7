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
  ["x-real-ip", "proxied"],
  ["x-client-ip", "proxied"],
  ["true-client-ip", "proxied"],
]);
const PREFIXES: readonly (readonly [string, FieldKind])[] = [
  ["client-cert", "ours"],
  ["handclasp-", "ours"],
  ["forwarded", "proxied"],
  ["x-forwarded", "proxied"],
  ["x-client-cert", "proxied"],
  ["x-ssl-", "proxied"],
  ["ssl-client-", "proxied"],
];
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
  const folded = lower.replaceAll(/[^a-z0-9]/g, "-");
  const prefix = PREFIXES.find(([start]) => folded.startsWith(start));
  if (prefix !== undefined) return prefix[1];
  // Nothing else may be known by its folded name: `te_` is not TE.
  const meant = NAMED.get(folded);
  return meant === "ours" || meant === "proxied" ? meant : "end-to-end";
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
