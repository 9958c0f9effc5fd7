import type { Act, Remedy } from "../../remedy.ts";
import { whole } from "./prose.ts";
import { shellQuoted } from "./shell-quoted.ts";

type ToText = (remedy: Remedy) => string;

/** How those who are not handclasp are given certificates to trust. */
const CAS = `${whole("curl --cacert FILE")}, ${whole("openssl -CAfile FILE")}`;

/** Each thing to do as a clause for people, with the command where there is one: that is kept whole. */
const TEXTS: Readonly<Record<Act, ToText>> = {
  "renew-certificate": ({ at }) => `give the ${at} a new certificate`,
  "compare-clocks": () => `compare the clocks of both: ${whole("date --utc")}`,
  "send-intermediate": ({ at, options }) =>
    `have the ${at} send the certificate of "${text(options?.["issuer"], "its issuer")}" behind its own, in the same file`,
  "trust-issuer": ({ at, options }) =>
    `give the ${at} the certificate of "${text(options?.["issuer"], "the issuer")}" among those that it trusts (${CAS})`,
  "trust-certificate": ({ at }) =>
    `give the ${at} this certificate among those that it trusts, as ${whole("trace read --certificates FOLDER")} keeps it (${CAS}), or let an authority sign one that it knows`,
  "show-certificate": () =>
    "let the client show a certificate (curl or openssl s_client with --cert and --key)",
  "show-fitting-certificate": ({ at, options }) =>
    `let the ${at} show a certificate of ${options?.["issuer"] === undefined ? "an authority that is taken" : `"${text(options["issuer"], "")}"`}`,
  "reissue-certificate": ({ at, options = {} }) => {
    const how = Object.entries(options).map(([what, value]) => `${WHICH[what] ?? what} ${text(value, "")}`);
    return `have another certificate made for the ${at}${how.length === 0 ? "" : `, ${how.join(", ")}`}`;
  },
  "widen-request": () => "let the server ask for any authority and more signature algorithms",
  "widen-versions": () => `let one of the two offer more TLS versions (${whole("openssl s_client -tls1_3")})`,
  "widen-suites": () =>
    `let one of the two offer more cipher suites (${whole("openssl s_client -cipher ALL")})`,
  "widen-groups": () =>
    `let one of the two offer more groups (${whole("openssl s_client -groups X25519:P-256")})`,
  "widen-signature-algorithms": () =>
    "let the client offer more signature algorithms, or give the server a certificate with another kind of key",
  "widen-alpn": () => `let both have one in common (${whole("openssl s_client -alpn PROTOCOL")})`,
  "ask-for-another-name": () =>
    `ask for a name that the certificate is for (${whole("openssl s_client -servername NAME")})`,
  "certify-name": () => "give the server a certificate for that name",
  "send-proxy-header": () =>
    "connect by the proxy that writes a PROXY header (HAProxy: send-proxy), or switch it off at the server",
  "send-no-proxy-header": () => "switch the PROXY header off at whatever sends it, or on at the server",
  "use-starttls": ({ options }) =>
    `let the client ask for TLS first${options?.["protocol"] === undefined ? "" : `, as ${text(options["protocol"], "")} does`} (${whole("openssl s_client -starttls PROTOCOL")})`,
  "use-tls": () =>
    `let the client speak TLS: for HTTP over TLS the address begins with https://, as in ${whole("curl https://HOST:PORT/")}`,
  "use-plain": () => "use http:// there, or switch TLS on at the server",
  "look-at-log": ({ at }) => `look at the log of the ${at}`,
  "look-at-certificate": () => `look at it: ${whole("openssl s_client -connect HOST:PORT -showcerts")}`,
  "ask-operator": () => "ask whoever runs the server to let this certificate in",
  update: ({ at }) => `update the ${at}`,
  "capture-whole": () =>
    `capture it whole, from before the client connects: ${whole("tcpdump -s 0 -w FILE")}`,
  "capture-both-sides": () => `capture where both directions pass: ${whole("tcpdump -s 0 -w FILE")}`,
  "give-key-log": () => "capture with the client's key log (SSLKEYLOGFILE) and give it with --keylog",

  "create-identity": (remedy) => whole(`handclasp identity create NAME${flags(remedy)}`),
  "show-identity": () =>
    `give the server's operator the certificate that ${whole("handclasp identity show --pem")} prints`,
  "renew-identity": () =>
    `make a new certificate over the same key: ${whole("handclasp identity renew NAME")}`,
  "look-at-identity": () => whole("handclasp identity show"),
  "list-identities": () => whole("handclasp identity list"),
  "import-identity": () => whole("handclasp identity import FILE"),
  "give-passphrase": () => whole("--passphrase-file FILE"),
  "connect-with-starttls": () => `say how it is asked for TLS: ${whole("--starttls PROTOCOL")}`,
  "connect-without-starttls": () => "leave out --starttls",
  "connect-by-another-name": () => whole("handclasp connect HOST:PORT --servername NAME"),
  "serve-another-certificate": () => whole("handclasp serve --cert FILE --key FILE"),
  "serve-older-tls": () => whole("handclasp serve --min-tls 1.2"),
  "serve-with-one-worker": () => whole("handclasp gateway --workers 1"),
  "listen-elsewhere": () => "give another address to listen on; port 0 picks a free port",
  "explain-refusal": ({ key = "LAST" }) =>
    `${whole(`handclasp explain ${key}`)} says on the server why, and with which command to change it`,
  "add-certificate": () =>
    `get its certificate from its owner (${whole("handclasp identity show --pem")}): ${whole("handclasp trust add FILE")}`,
  "import-certificate": (remedy) => whole(`handclasp trust add FILE${flags(remedy)}`),
  "approve-key": (remedy) => whole(`handclasp trust approve ${keyOf(remedy)}${flags(remedy)}`),
  "ignore-key": (remedy) => whole(`handclasp trust ignore ${keyOf(remedy)}`),
  "revoke-key": (remedy) => whole(`handclasp trust revoke ${keyOf(remedy)}`),
  "forget-key": (remedy) => whole(`handclasp trust forget ${keyOf(remedy)}${flags(remedy)}`),
  "show-key": (remedy) => whole(`handclasp trust show ${keyOf(remedy)}`),
  "list-keys": () => whole("handclasp trust list"),
  "open-first-use": () => whole("handclasp trust open --for 10m"),
  "create-token": (remedy) => whole(`handclasp token create NAME${flags(remedy)}`),
  "list-api-tokens": () => whole("handclasp api-token list"),
  "list-tokens": () => whole("handclasp token list"),
  "list-groups": () => whole("handclasp group list"),
  "list-events": () => whole("handclasp trust events"),
  "list-refusals": () => whole("handclasp refusals"),
  "add-to-group": (remedy) => whole(`handclasp group add GROUP ${keyOf(remedy)}${flags(remedy)}`),
  "allow-in-configuration": () => "to let it in, add the name to `allow` in the gateway's configuration",
  "come-from-network": () => "the client has to come from that network",
  "check-store": () => whole("handclasp store check"),
  "migrate-store": () => whole("handclasp store migrate --store URL"),
  "list-nodes": () => whole("handclasp store nodes"),
  "list-snapshots": () => whole("handclasp store snapshots"),
  "restore-on-its-word": () => whole("handclasp store restore FILE --dangerously-from-another-chain"),
  "reach-database": () => "see that PostgreSQL runs, and that this machine reaches it",
  "end-session": () =>
    "as an administrator of the database, end that session: SELECT pg_terminate_backend(PID), and look whose it is",
  "name-machine": () => `give one of them another name: ${whole("node=NAME")} in its URL`,
  "share-server-key": () =>
    `copy the key file of one to the others (${whole("REPLICA.server.pem")} beside its replica, or cert and key of its listener), and start those again`,
  "open-another-store": () => whole("--store URL"),
  "check-configuration": () => whole("handclasp check-config FILE"),
  "serve-without-certificates": () => whole("handclasp serve --client-certificate optional"),
  "serve-any-dates": () => whole("handclasp serve --validity ignore"),
  "try-again-later": () => "try again later",
};

const WHICH: Readonly<Record<string, string>> = {
  purpose: "for",
  signature: "signed with",
  key: "with a key of",
};

/** How the command line calls a value that the reader has to know. */
const VALUES: Readonly<Record<string, string>> = { from: "CIDR" };

/** What to do, in order: what helps with any program first. */
export function remediesText(remedies: readonly Remedy[]): string {
  return remedies
    .map((remedy, at) => {
      const before = remedies[at - 1];
      return before !== undefined && differsInOptions(before, remedy)
        ? whole(`or${flags(remedy)}`)
        : remedyText(remedy);
    })
    .join("; ");
}

/** The same command with another flag: that is all that has to be said. */
function differsInOptions(before: Remedy, { act, key, when, options }: Remedy): boolean {
  const isSame = before.act === act && before.key === key && before.when === undefined && when === undefined;
  return isSame && options !== undefined;
}

function remedyText(remedy: Remedy): string {
  const said = TEXTS[remedy.act](remedy);
  return remedy.when === undefined ? said : `${remedy.when}: ${said}`;
}

function keyOf({ key }: Remedy): string {
  return key ?? "KEY";
}

function flags({ options = {} }: Remedy): string {
  return Object.entries(options)
    .map(([name, value]) => ` --${name}${value === true ? "" : ` ${VALUES[name] ?? shellQuoted(value)}`}`)
    .join("");
}

function text(value: string | true | undefined, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
