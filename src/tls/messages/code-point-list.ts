import type { ByteReader } from "../../bytes/byte-reader.ts";

/** Two-byte numbers to the end of a vector whose length takes `lengthBytes`. */
export function parseCodePoints(reader: ByteReader, lengthBytes: 1 | 2, field: string): readonly number[] {
  const list = reader.vector(lengthBytes, field);
  const codes: number[] = [];
  while (!list.isEmpty) codes.push(list.uint16("code"));
  return codes;
}

/** One-byte numbers, behind a length of one byte. */
export function parseByteCodes(reader: ByteReader, field: string): readonly number[] {
  return Array.from(reader.vector(1, field).rest());
}
