import { ByteReader } from "../../../bytes/byte-reader.ts";
import type { HandshakeVersion } from "../../code-points/code-points-version.ts";
import { keyExchangeOf } from "./key-exchange.ts";
import { parseOpaque } from "../parts/opaque.ts";
import { type DigitallySigned, parseDigitallySigned } from "../parts/signature.ts";

/** What the server sends for its side of the key agreement, until TLS 1.2. RFC 5246 §7.4.3, RFC 8422 §5.4, RFC 4279 §2. */
export type ServerKeyExchange =
  | (EcdheParameters & ServerKeyExchangeRest)
  | (DheParameters & ServerKeyExchangeRest)
  | ({ readonly method: "psk" | "rsa" } & ServerKeyExchangeRest)
  | { readonly method: "other"; readonly data: Uint8Array };

/** RFC 8422 §5.4. */
export interface EcdheParameters {
  readonly method: "ecdhe";
  readonly namedGroup: number;
  readonly publicKey: Uint8Array;
}

/** RFC 5246 §7.4.3. */
export interface DheParameters {
  readonly method: "dhe";
  readonly prime: Uint8Array;
  readonly generator: Uint8Array;
  readonly publicKey: Uint8Array;
}

export interface ServerKeyExchangeRest {
  /** RFC 4279 §2. */
  readonly pskIdentityHint: Uint8Array | undefined;
  /** Undefined for suites in which the server signs nothing. */
  readonly signature: DigitallySigned | undefined;
}

/** RFC 8422 §5.4. */
const NAMED_CURVE = 3;

/** RFC 5246 §7.4.3, RFC 8422 §5.4. What the suite does not tell how to read is kept as it is. */
export function parseServerKeyExchange(
  body: Uint8Array,
  version: HandshakeVersion,
  cipherSuite: number | undefined,
): ServerKeyExchange {
  const { method, psk, signed } = keyExchangeOf(cipherSuite);
  if (method === "other" || (method === "rsa" && !psk)) return { method: "other", data: body };
  const message = new ByteReader(body, "server_key_exchange");
  const pskIdentityHint = psk ? parseOpaque(message, 2, "psk_identity_hint") : undefined;
  if (method === "ecdhe" && message.peek() !== NAMED_CURVE) return { method: "other", data: body };
  const parameters = parseParameters(message, method);
  const signature = signed ? parseDigitallySigned(message, version) : undefined;
  message.end();
  return { ...parameters, pskIdentityHint, signature };
}

function parseParameters(
  message: ByteReader,
  method: "ecdhe" | "dhe" | "psk" | "rsa",
): EcdheParameters | DheParameters | { readonly method: "psk" | "rsa" } {
  if (method === "ecdhe") {
    message.uint8("curve_type");
    const namedGroup = message.uint16("namedcurve");
    return { method, namedGroup, publicKey: parseOpaque(message, 1, "point") };
  }
  if (method !== "dhe") return { method };
  const prime = parseOpaque(message, 2, "dh_p");
  const generator = parseOpaque(message, 2, "dh_g");
  return { method, prime, generator, publicKey: parseOpaque(message, 2, "dh_Ys") };
}
