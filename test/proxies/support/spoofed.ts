import type { TestIdentity } from "../../guard/support/identities.ts";
import type { Asked } from "./proxy-client.ts";

/** The fields that say who a client is, here and by RFC 9440. */
const IDENTITY_FIELDS = [
  "Handclasp-Peer",
  "Handclasp-Key",
  "Handclasp-Groups",
  "Handclasp-Reason",
  "Client-Cert",
  "Client-Cert-Chain",
  "Ssl-Client-Cert",
];

/** Fields that authorizers and proxies read a certificate from. */
const CERTIFICATE_FIELDS = [
  "Client-Cert",
  "Ssl-Client-Cert",
  "X-Forwarded-Client-Cert",
  "X-Forwarded-Tls-Client-Cert",
];

/** Names that some server, or some language behind it, takes for the same. */
function spellings(name: string): readonly string[] {
  const words = name.split("-");
  return ["-", "_", "."].flatMap((between) => [words.join(between), words.join(between).toUpperCase()]);
}

/** Fields that say "mallory", in every spelling: each in a request of its own, and all in one. */
export function spoofedFields(): readonly Readonly<Record<string, string>>[] {
  const names = IDENTITY_FIELDS.flatMap(spellings);
  const each = names.map((name) => ({ [name]: "mallory" }));
  return [...each, Object.fromEntries(names.map((name) => [name, "mallory"]))];
}

/** An address of documentation (RFC 5737), which no client of a test has. */
export const SPOOFED_ADDRESS = "203.0.113.9";

/** Fields that say that a client comes from there, or asked that host, in every spelling. */
export function spoofedAddresses(): Readonly<Record<string, string>> {
  const names = ["X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"].flatMap(spellings);
  const fields = Object.fromEntries(names.map((name) => [name, SPOOFED_ADDRESS]));
  return { ...fields, Forwarded: `for=${SPOOFED_ADDRESS}` };
}

/** Requests of a client without a certificate that name somebody's, wherever an authorizer might find it. */
export function spoofedCertificate(victim: TestIdentity): readonly Asked[] {
  const base64 = Buffer.from(victim.facts.der).toString("base64");
  const values = [
    `:${base64}:`,
    base64,
    encodeURIComponent(victim.cert),
    victim.cert.trim().replaceAll("\n", " "),
  ];
  const names = CERTIFICATE_FIELDS.flatMap(spellings);
  const fields = names.flatMap((name) => values.map((value) => ({ headers: { [name]: value } })));
  const query = `Client-Cert=${encodeURIComponent(`:${base64}:`)}&Cert=${encodeURIComponent(victim.cert)}`;
  const paths = [`/?${query}`, `/nginx?${query}`, `/caddy?${query}`].map((path) => ({ path }));
  return [...fields, ...paths];
}
