import { parseByteSequenceField } from "./fields/byte-sequence-field.ts";
import { parseChainField } from "./fields/chain-field.ts";
import { parseForwardedCertificateField } from "./fields/forwarded-certificate-field.ts";
import { malformedField } from "./fields/malformed-field.ts";
import { parsePemField } from "./fields/pem-field.ts";
import { fieldLines } from "./raw-fields.ts";

/** How a proxy hands over what its client showed: in one field, written in one way. */
export interface Presentation {
  /** In lower case. */
  readonly field: string;
  /** DER of the first certificate. Throws ERR_HANDCLASP_CERTIFICATE_MALFORMED. */
  readonly parse: (text: string) => Uint8Array;
  /** Where the client's address stands last, in lower case. */
  readonly addressField: "x-forwarded-for" | "x-real-ip";
}

const PEM: Presentation = {
  field: "ssl-client-cert",
  parse: parsePemField,
  addressField: "x-forwarded-for",
};
const BYTES: Presentation = {
  field: "client-cert",
  parse: parseByteSequenceField,
  addressField: "x-forwarded-for",
};
const CHAIN: Presentation = {
  field: "x-forwarded-tls-client-cert",
  parse: parseChainField,
  addressField: "x-forwarded-for",
};
/** Envoy writes its own address behind the client's in `X-Forwarded-For` of what it asks. */
const FORWARDED: Presentation = {
  field: "x-forwarded-client-cert",
  parse: parseForwardedCertificateField,
  addressField: "x-real-ip",
};

const BY_PATH: ReadonlyMap<string, Presentation> = new Map([
  ["/nginx", PEM],
  ["/apache", PEM],
  ["/caddy", BYTES],
  ["/haproxy", BYTES],
  ["/traefik", CHAIN],
]);

/** Behind it Envoy writes the path that the client asked for. */
const ENVOY_PREFIX = "/envoy";

/** What proxies write where there is no certificate, or leave of what they were to fill in. */
const NOTHING: ReadonlySet<string> = new Set([
  "",
  "::",
  "(null)",
  "{http.request.tls.client.certificate_der_base64}",
  ":{http.request.tls.client.certificate_der_base64}:",
]);

/**
 * What the path of a request says of how the certificate is handed over; undefined where nobody asks for a verdict. The
 * path as it was sent: the proxy chose it, not its client.
 */
export function presentationOf(target: string): Presentation | undefined {
  const query = target.indexOf("?");
  const path = query === -1 ? target : target.slice(0, query);
  if (path === ENVOY_PREFIX || path.startsWith(`${ENVOY_PREFIX}/`)) return FORWARDED;
  return BY_PATH.get(path);
}

/**
 * The certificate in the one field that it may stand in, as DER; undefined when the client showed none. Throws
 * ERR_HANDCLASP_CERTIFICATE_MALFORMED: of several lines one may be the client's own.
 */
export function presentedCertificate(
  rawFields: readonly string[],
  { field, parse }: Presentation,
): Uint8Array | undefined {
  const [line = "", ...others] = fieldLines(rawFields, field);
  if (others.length > 0) throw malformedField(`there is more than one ${field}`);
  return NOTHING.has(line) ? undefined : parse(line);
}
