import { openHttpUpstream, type Upstream } from "./http-upstream.ts";

/** An upstream that answers with the fields and trailers it got. */
export function openMirror(): Promise<Upstream> {
  return openHttpUpstream((request, response) => {
    request.resume();
    request.on("end", () => response.end(JSON.stringify([request.rawHeaders, request.rawTrailers])));
  });
}

export type Fields = readonly (readonly [string, string])[];

export function pairs(raw: readonly string[]): Fields {
  return raw.flatMap((name, at) => (at % 2 === 0 ? [[name.toLowerCase(), raw[at + 1] ?? ""] as const] : []));
}

export function mirrored(answer: string): { readonly fields: Fields; readonly trailers: Fields } {
  const json = /\[\[.*\]\]/s.exec(answer)?.[0] ?? "";
  const [fields = [], trailers = []] = JSON.parse(json) as readonly (readonly string[])[];
  return { fields: pairs(fields), trailers: pairs(trailers) };
}

export function valuesOf(fields: Fields, pattern: RegExp): readonly string[] {
  return fields.filter(([name]) => pattern.test(name)).map(([, value]) => value);
}

/** What a client may not say. */
export const FORGED: readonly string[] = [
  "Client-Cert: :AAAA:",
  "client_cert: :AAAA:",
  "Client.Cert: :AAAA:",
  "CLIENT-CERT-CHAIN: :AAAA:",
  "Client_Cert_Chain: :AAAA:",
  "Handclasp-Peer: admin",
  "handclasp_peer: admin",
  "HANDCLASP-KEY: sha256:forged",
  "Handclasp_Key: sha256:forged",
  "Forwarded: for=admin",
  "X-Forwarded-For: admin",
  "x_forwarded_for: admin",
  "X-Real-IP: admin",
  "X-Client-Cert: admin",
  "X-SSL-Client-S-DN: CN=admin",
  "SSL-Client-Verify: admin",
  "Handclasp-Groups: admin",
  "handclasp.groups: admin",
  "X-Forwarded-Proto: admin",
  "X_Forwarded_Host: admin",
  "X-ARR-ClientCert: admin",
  "X_Amzn_Mtls_Clientcert: admin",
  "Remote_User: admin",
  "Proxy: http://admin/",
];
/** Names of fields that say who and where a client is. */
export const TELLING: RegExp =
  /^(?:client.cert|handclasp|forwarded|x.forwarded|x.real|x.client.cert|x.ssl|ssl.client|x.arr|x.amzn|remote|proxy)/;
