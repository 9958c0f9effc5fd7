import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { namesSignatureAlgorithm, type HandshakeVersion } from "../../code-points/code-points-version.ts";
import { parseOpaque } from "./opaque.ts";

/** A signature with its algorithm, which is not told until TLS 1.1. RFC 8446 §4.4.3, RFC 5246 §4.7. */
export interface DigitallySigned {
  readonly algorithm: number | undefined;
  readonly signature: Uint8Array;
}

/** RFC 8446 §4.4.3, RFC 5246 §4.7. */
export function parseDigitallySigned(reader: ByteReader, version: HandshakeVersion): DigitallySigned {
  const algorithm = namesSignatureAlgorithm(version) ? reader.uint16("algorithm") : undefined;
  return { algorithm, signature: parseOpaque(reader, 2, "signature") };
}
