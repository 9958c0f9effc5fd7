import { X509Certificate } from "node:crypto";

/** What a proxy sends of its client. */
export interface ProxyVector {
  /** With versions, where they differ. */
  readonly proxy: string;
  readonly path: string;
  readonly field: string;
  /** Of what the client showed, as PEM, its own certificate first. */
  readonly write: (shown: readonly [string, ...string[]]) => string;
  /** Without a certificate, where the field is sent then, too. */
  readonly empty: readonly string[];
  /** Where the client's address stands. */
  readonly address: readonly [field: string, write: (address: string) => string];
}

const X_FORWARDED_FOR: ProxyVector["address"] = ["X-Forwarded-For", (address) => address];
const APPENDED: ProxyVector["address"] = ["X-Forwarded-For", (address) => `192.0.2.99, ${address}`];

/**
 * nginx, Apache, Caddy and HAProxy as they were seen to; Traefik and Envoy as their sources say: Traefik's
 * `pass_tls_client_cert.go`, Envoy's `conn_manager_utility.cc` and `connection_info_impl_base.cc`.
 */
export const WHAT_PROXIES_SEND: readonly ProxyVector[] = [
  {
    proxy: "nginx",
    path: "/nginx",
    field: "Ssl-Client-Cert",
    write: ([own]) => encodeURIComponent(own),
    empty: [""],
    address: X_FORWARDED_FOR,
  },
  {
    proxy: "Apache, by Lua",
    path: "/apache",
    field: "Ssl-Client-Cert",
    write: ([own]) => own.replaceAll("\n", " "),
    empty: ["", "(null)"],
    address: X_FORWARDED_FOR,
  },
  {
    proxy: "Apache, by mod_headers",
    path: "/apache",
    field: "SSL-CLIENT-CERT",
    write: ([own]) => own.trimEnd().replaceAll("\n", " "),
    empty: ["(null)"],
    address: APPENDED,
  },
  {
    proxy: "Caddy",
    path: "/caddy",
    field: "Client-Cert",
    write: ([own]) => `:${toBase64(own)}:`,
    empty: [
      "::",
      "{http.request.tls.client.certificate_der_base64}",
      ":{http.request.tls.client.certificate_der_base64}:",
    ],
    address: APPENDED,
  },
  {
    proxy: "HAProxy",
    path: "/haproxy",
    field: "client-cert",
    write: ([own]) => `:${toBase64(own)}:`,
    empty: ["::"],
    address: X_FORWARDED_FOR,
  },
  {
    proxy: "Traefik from 2.9.2 on",
    path: "/traefik",
    field: "X-Forwarded-Tls-Client-Cert",
    write: (shown) => shown.map(toBase64).join(","),
    empty: [""],
    address: APPENDED,
  },
  {
    proxy: "Traefik from 2.8 to 2.9.1",
    path: "/traefik",
    field: "X-Forwarded-Tls-Client-Cert",
    write: (shown) => shown.map((one) => encodeURIComponent(toBase64(one))).join(","),
    empty: [],
    address: X_FORWARDED_FOR,
  },
  {
    proxy: "Envoy, as in the example",
    path: "/envoy/notes/1?Cert=mine",
    field: "x-forwarded-client-cert",
    write: ([own]) => `Hash=${hashOf(own)};Cert="${toEnvoyPem(own)}"`,
    empty: [""],
    address: ["x-real-ip", (address) => address],
  },
  {
    proxy: "Envoy that says all it knows",
    path: "/envoy/",
    field: "x-forwarded-client-cert",
    write: (shown) =>
      [
        "By=spiffe://app.example/ns/default/sa/app",
        `Hash=${hashOf(shown[0])}`,
        `Cert="${toEnvoyPem(shown[0])}"`,
        `Chain="${shown.map(toEnvoyPem).join("")}"`,
        String.raw`Subject="CN=anna\, \"the\;elder\",O=x"`,
        "URI=spiffe://anna.example",
        "DNS=anna.example",
      ].join(";"),
    empty: [],
    address: ["x-real-ip", (address) => address],
  },
];

function toBase64(pem: string): string {
  return new X509Certificate(pem).raw.toString("base64");
}

function hashOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
}

/** Envoy encodes no more than these. */
function toEnvoyPem(pem: string): string {
  return pem
    .replaceAll("\n", "%0A")
    .replaceAll(" ", "%20")
    .replaceAll("+", "%2B")
    .replaceAll("/", "%2F")
    .replaceAll("=", "%3D");
}
