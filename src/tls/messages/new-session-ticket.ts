import { ByteReader } from "../../bytes/byte-reader.ts";
import { EXTENSION_TYPE } from "../code-points/code-points-extensions.ts";
import type { HandshakeVersion } from "../code-points/code-points-version.ts";
import { type Extension, parseExtensions } from "./parts/extension.ts";
import { parseOpaque } from "./parts/opaque.ts";

/** RFC 8446 §4.6.1, RFC 5077 §3.3. */
export interface NewSessionTicket {
  readonly lifetimeSeconds: number;
  /** TLS 1.3: what the client adds to the ticket's age, in milliseconds modulo 2^32. */
  readonly ageAdd: number | undefined;
  /** TLS 1.3: makes the key of this ticket another one than those of its siblings. */
  readonly nonce: Uint8Array | undefined;
  readonly ticket: Uint8Array;
  /** How many bytes of early data the server will take. RFC 8446 §4.6.1. */
  readonly maxEarlyDataSize: number | undefined;
  readonly extensions: readonly Extension[];
}

/** RFC 8446 §4.6.1, RFC 5077 §3.3. */
export function parseNewSessionTicket(body: Uint8Array, version: HandshakeVersion): NewSessionTicket {
  const message = new ByteReader(body, "new_session_ticket");
  const lifetimeSeconds = message.uint32("ticket_lifetime");
  const isTls13 = version === "TLSv1.3";
  const ageAdd = isTls13 ? message.uint32("ticket_age_add") : undefined;
  const nonce = isTls13 ? parseOpaque(message, 1, "ticket_nonce") : undefined;
  const ticket = parseOpaque(message, 2, "ticket");
  let maxEarlyDataSize: number | undefined;
  const parseKnown = (type: number, extension: ByteReader): boolean => {
    if (type !== EXTENSION_TYPE.early_data) return false;
    maxEarlyDataSize = extension.uint32("max_early_data_size");
    return true;
  };
  const extensions = isTls13 ? parseExtensions(message, parseKnown) : [];
  message.end();
  return { lifetimeSeconds, ageAdd, nonce, ticket, maxEarlyDataSize, extensions };
}
