import { ByteReader } from "../../../bytes/byte-reader.ts";
import type { HandshakeVersion } from "../../code-points/code-points-version.ts";
import { type KeyExchange, keyExchangeOf } from "./key-exchange.ts";
import { parseOpaque } from "../parts/opaque.ts";

/** What the client sends for its side of the key agreement, until TLS 1.2. RFC 5246 §7.4.7, RFC 8422 §5.7, RFC 4279 §2. */
export interface ClientKeyExchange {
  readonly method: KeyExchange["method"];
  /** RFC 4279 §2. */
  readonly pskIdentity: Uint8Array | undefined;
  /** The public key (ecdhe, dhe), the encrypted premaster secret (rsa), nothing (psk), or the whole body (other). */
  readonly keyExchange: Uint8Array;
}

/** RFC 5246 §7.4.7, RFC 8422 §5.7. What the suite does not tell how to read is kept as it is. */
export function parseClientKeyExchange(
  body: Uint8Array,
  cipherSuite: number | undefined,
  version: HandshakeVersion = "TLSv1.2",
): ClientKeyExchange {
  const { method, psk } = keyExchangeOf(cipherSuite);
  const message = new ByteReader(body, "client_key_exchange");
  const pskIdentity = psk ? parseOpaque(message, 2, "psk_identity") : undefined;
  const keyExchange = parseKeyExchange(message, method, version);
  message.end();
  return { method, pskIdentity, keyExchange };
}

function parseKeyExchange(
  message: ByteReader,
  method: KeyExchange["method"],
  version: HandshakeVersion,
): Uint8Array {
  switch (method) {
    case "ecdhe":
      return parseOpaque(message, 1, "ecdh_Yc");
    case "dhe":
      return parseOpaque(message, 2, "dh_Yc");
    case "rsa":
      // In SSL 3.0 without its length: RFC 5246 §7.4.7.1.
      return version === "SSLv3" ? message.rest() : parseOpaque(message, 2, "encrypted_pre_master_secret");
    case "psk":
      return new Uint8Array(0);
    case "other":
      return message.rest();
  }
}
