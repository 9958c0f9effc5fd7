import { X509Certificate } from "node:crypto";

/** What only a client can have written, or a proxy that is set up wrongly. */
export interface ForeignVector {
  readonly what: string;
  readonly path: string;
  /** Names and values: `own` is the certificate of whoever is there, `other` that of somebody who is trusted. */
  readonly fields: (own: string, other: string) => readonly (readonly [string, string])[];
  readonly status: 401 | 403 | 404;
}

export const WHAT_NO_PROXY_SENDS: readonly ForeignVector[] = [
  ...["/nginx", "/apache", "/caddy", "/haproxy", "/traefik", "/envoy", "/envoy/x"].map((path) => ({
    what: `${path} with every field but its own`,
    path,
    fields: (_own: string, other: string) =>
      Object.entries(everyField(other)).filter(([name]) => name !== FIELDS[path]),
    status: 401 as const,
  })),
  ...Object.entries(everyPath()).map(([path, name]) => ({
    what: `${path} with its field twice`,
    path,
    fields: (own: string, other: string) =>
      [own, other].map((one) => [name, everyField(one)[name] ?? ""] as const),
    status: 403 as const,
  })),
  ...["/", "/Nginx", "/nginx/", "//nginx", "/%6eginx", "/x/../nginx", "/envoyage", "/envoy%2f"].map(
    (path) => ({
      what: `"${path}"`,
      path,
      fields: (_own: string, other: string) => Object.entries(everyField(other)),
      status: 404 as const,
    }),
  ),
  {
    what: "nginx with a second certificate behind the first",
    path: "/nginx",
    fields: (own, other) => [["Ssl-Client-Cert", encodeURIComponent(own + other)]],
    status: 403,
  },
  {
    what: "Caddy with the certificate of another behind a comma",
    path: "/caddy",
    fields: (own, other) => [["Client-Cert", `:${toBase64(own)}:, :${toBase64(other)}:`]],
    status: 403,
  },
  {
    what: "Traefik with somebody else's certificate as the second",
    path: "/traefik",
    fields: (own, other) => [["X-Forwarded-Tls-Client-Cert", `${toBase64(own)},${toBase64(other)}`]],
    status: 403,
  },
  {
    what: "Traefik with an empty first certificate",
    path: "/traefik",
    fields: (_own, other) => [["X-Forwarded-Tls-Client-Cert", `,${toBase64(other)}`]],
    status: 403,
  },
  {
    what: "Envoy under APPEND_FORWARD, behind what the client wrote",
    path: "/envoy",
    fields: (own, other) => [["x-forwarded-client-cert", `${xfcc(other)},${xfcc(own)}`]],
    status: 403,
  },
  {
    what: "Envoy with Cert twice",
    path: "/envoy",
    fields: (own, other) => [["x-forwarded-client-cert", `${xfcc(own)};${xfcc(other)}`]],
    status: 403,
  },
  {
    what: "Envoy with a Cert in the client's name",
    path: "/envoy",
    fields: (own, other) => [
      ["x-forwarded-client-cert", `${xfcc(own)};Subject="CN=${xfcc(other).replaceAll('"', String.raw`\"`)}"`],
    ],
    status: 403,
  },
  {
    what: "Envoy without cert: true",
    path: "/envoy",
    fields: () => [["x-forwarded-client-cert", 'Hash=00;Subject="CN=anna"']],
    status: 403,
  },
  {
    what: "a placeholder that nobody filled in",
    path: "/nginx",
    fields: () => [["Ssl-Client-Cert", "$ssl_client_escaped_cert"]],
    status: 403,
  },
];

const FIELDS: Readonly<Record<string, string>> = {
  ...everyPath(),
  "/envoy/x": "x-forwarded-client-cert",
};

function everyPath(): Readonly<Record<string, string>> {
  return {
    "/nginx": "Ssl-Client-Cert",
    "/apache": "Ssl-Client-Cert",
    "/caddy": "Client-Cert",
    "/haproxy": "Client-Cert",
    "/traefik": "X-Forwarded-Tls-Client-Cert",
    "/envoy": "x-forwarded-client-cert",
  };
}

/** A certificate in every field that has one somewhere, and in spellings that are none of them. */
function everyField(pem: string): Readonly<Record<string, string>> {
  return {
    "Ssl-Client-Cert": encodeURIComponent(pem),
    "Client-Cert": `:${toBase64(pem)}:`,
    "X-Forwarded-Tls-Client-Cert": toBase64(pem),
    "x-forwarded-client-cert": xfcc(pem),
    Ssl_Client_Cert: encodeURIComponent(pem),
    Client_Cert: `:${toBase64(pem)}:`,
    "X-Client-Cert": encodeURIComponent(pem),
  };
}

function xfcc(pem: string): string {
  return `Hash=00;Cert="${encodeURIComponent(pem)}"`;
}

function toBase64(pem: string): string {
  return new X509Certificate(pem).raw.toString("base64");
}
