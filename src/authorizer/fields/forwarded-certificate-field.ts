import { malformedField } from "./malformed-field.ts";
import { parsePemField } from "./pem-field.ts";

/** A pair of Envoy's field: a word, and a value that may stand in quotes, with `\"` for a quote in it. */
const PAIR = /([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^",;=]*))/y;

/**
 * Envoy's `x-forwarded-client-cert` as `SANITIZE_SET` makes it: pairs of one proxy, with semicolons between them. Of these
 * `Cert` has the certificate as percent-encoded PEM. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED, for a field that several
 * proxies wrote, too: all but the last of them may be the client.
 */
export function parseForwardedCertificateField(text: string): Uint8Array {
  let certificate: string | undefined;
  let at = 0;
  for (;;) {
    PAIR.lastIndex = at;
    const [pair, key = "", quoted, plain = ""] = PAIR.exec(text) ?? [];
    if (pair === undefined) throw malformedField("x-forwarded-client-cert cannot be read");
    if (key.toLowerCase() === "cert") {
      if (certificate !== undefined) throw malformedField("x-forwarded-client-cert has Cert more than once");
      certificate = quoted?.replaceAll(/\\(.)/g, "$1") ?? plain;
    }
    at += pair.length;
    if (at === text.length) break;
    if (text[at] === ",") throw malformedField("x-forwarded-client-cert is of several proxies: SANITIZE_SET");
    if (text[at] !== ";") throw malformedField("x-forwarded-client-cert cannot be read");
    at += 1;
  }
  if (certificate === undefined)
    throw malformedField("x-forwarded-client-cert has no Cert: set cert to true");
  return parsePemField(certificate);
}
