import type { ByteReader } from "../../../bytes/byte-reader.ts";

/** The content of a vector whose length takes `lengthBytes`, to be read no further. RFC 8446 §3.4. */
export function parseOpaque(reader: ByteReader, lengthBytes: 1 | 2 | 3, field: string): Uint8Array {
  return reader.bytes(parseLength(reader, lengthBytes, field), field);
}

/** The length in front of a vector. RFC 8446 §3.4. */
export function parseLength(reader: ByteReader, lengthBytes: 1 | 2 | 3, field: string): number {
  if (lengthBytes === 1) return reader.uint8(field);
  return lengthBytes === 2 ? reader.uint16(field) : reader.uint24(field);
}
