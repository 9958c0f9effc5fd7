import type { Rule } from "../../src/explain/explanation.ts";
import type { Pair, Pki } from "./pki.ts";
import type { Feature, Wanted } from "./server.ts";

/** The other end: what is run against the server, up to its port. */
export type Client =
  | { readonly program: "openssl"; readonly args: readonly string[] }
  | { readonly program: "jdk"; readonly show: Pair }
  | { readonly program: "curl"; readonly args: readonly string[]; readonly scheme: "http" | "https" };

/** A cause, how it is brought about, and what it may rightly be called. */
export interface Cause {
  readonly name: string;
  /** Any of these is right: two of them may be so at once. */
  readonly rules: readonly Rule[];
  /** Default `tls`. */
  readonly needs?: Feature;
  /** With all else as it should be. */
  server?(pki: Pki): Partial<Wanted>;
  client(pki: Pki): Client;
  /** Needs a JDK to be brought about. */
  readonly byJdk?: true;
  /** Only one is where the cause can be. */
  readonly versions?: readonly ("1.2" | "1.3")[];
}

const WEAK = ["-cipher", "DEFAULT:@SECLEVEL=0"];

function client(...args: readonly string[]): Client {
  return { program: "openssl", args };
}

function showing(name: keyof Pki["client"], ...args: readonly string[]): Pick<Cause, "client"> {
  return {
    client: (pki) => client("-cert", pki.client[name].cert, "-key", pki.client[name].key, ...args),
  };
}

function checkedBy(curl: boolean): (pki: Pki) => Client {
  return ({ ca }) =>
    curl
      ? { program: "curl", scheme: "https", args: ["--cacert", ca] }
      : client("-CAfile", ca, "-verify_return_error", "-verify_hostname", "localhost");
}

const MUTUAL = { server: ({ ca }: Pki) => ({ clientCa: ca }) };
const NO_CLIENT = { client: () => client() };

/** What is tried at each server, as far as it can be told to. */
export const CAUSES: readonly Cause[] = [
  { name: "client certificate expired", rules: ["certificate-expired"], ...MUTUAL, ...showing("expired") },
  {
    name: "client certificate not yet valid",
    rules: ["certificate-not-yet-valid"],
    ...MUTUAL,
    ...showing("notYetValid"),
  },
  {
    name: "client certificate self-signed",
    rules: ["self-signed", "issuer-not-acceptable"],
    ...MUTUAL,
    ...showing("selfSigned"),
  },
  {
    name: "intermediate missing",
    rules: ["missing-intermediate"],
    ...MUTUAL,
    ...showing("lacksIntermediate"),
  },
  { name: "wrong extended key usage", rules: ["wrong-key-usage"], ...MUTUAL, ...showing("wrongUsage") },
  {
    name: "issuer not among the CA names",
    rules: ["issuer-not-acceptable", "unknown-ca"],
    ...MUTUAL,
    ...showing("otherCa"),
  },
  { name: "SHA-1 signature", rules: ["weak-signature"], ...MUTUAL, ...showing("sha1", ...WEAK) },
  { name: "RSA-1024 key", rules: ["weak-key"], ...MUTUAL, ...showing("rsa1024", ...WEAK) },
  {
    name: "no client certificate",
    rules: ["no-certificate", "certificate-withheld"],
    ...MUTUAL,
    ...NO_CLIENT,
  },
  {
    // A JDK shows a certificate only to a server that names its issuer.
    name: "client certificate withheld",
    rules: ["certificate-withheld", "no-certificate"],
    ...MUTUAL,
    byJdk: true,
    client: ({ client: { otherCa } }) => ({ program: "jdk", show: otherCa }),
  },
  {
    name: "no common version",
    rules: ["no-common-version"],
    server: () => ({ least: "1.3" }),
    ...NO_CLIENT,
    versions: ["1.2"],
  },
  {
    name: "no common suite",
    rules: ["no-common-suite"],
    needs: "suites",
    server: () => ({ suites: "ECDHE-ECDSA-AES256-GCM-SHA384" }),
    client: () => client("-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"),
    versions: ["1.2"],
  },
  {
    name: "no common group",
    rules: ["no-common-group"],
    needs: "group",
    server: () => ({ group: "P-384" }),
    client: () => client("-groups", "X25519"),
  },
  {
    name: "no common signature algorithm",
    rules: ["no-common-signature-algorithm"],
    client: () => client("-sigalgs", "rsa_pss_rsae_sha256:RSA+SHA256"),
  },
  {
    name: "no common application protocol",
    rules: ["no-common-alpn"],
    needs: "alpn",
    server: () => ({ alpn: "h2" }),
    client: () => client("-alpn", "x-other"),
  },
  {
    name: "unknown server name",
    rules: ["unknown-server-name"],
    needs: "serverName",
    server: () => ({ serverName: "localhost" }),
    client: () => client("-servername", "other.example"),
  },
  {
    name: "PROXY header expected",
    rules: ["proxy-header-expected"],
    needs: "proxy",
    server: () => ({ proxy: true }),
    ...NO_CLIENT,
  },
  {
    name: "STARTTLS expected",
    rules: ["starttls-expected"],
    needs: "starttls",
    ...NO_CLIENT,
  },
  {
    name: "TLS to a plain HTTP port",
    rules: ["plain-http-server"],
    needs: "plain",
    server: () => ({ plain: true }),
    ...NO_CLIENT,
  },
  {
    name: "plain HTTP to a TLS port",
    rules: ["plain-http-client"],
    client: () => ({ program: "curl", scheme: "http", args: [] }),
    versions: ["1.3"],
  },
  ...[false, true].flatMap((curl): readonly Cause[] => {
    const by = curl ? "curl" : "openssl";
    return [
      {
        name: `server certificate expired, seen by ${by}`,
        rules: ["server-certificate-expired"],
        server: (pki) => ({ show: pki.server.expired }),
        client: checkedBy(curl),
      },
      {
        name: `server certificate for another name, seen by ${by}`,
        rules: ["server-name-mismatch"],
        server: (pki) => ({ show: pki.server.otherName }),
        client: checkedBy(curl),
      },
      {
        name: `server certificate of an unknown CA, seen by ${by}`,
        rules: ["server-unknown-ca"],
        server: (pki) => ({ show: pki.server.otherCa }),
        client: checkedBy(curl),
      },
    ];
  }),
];
