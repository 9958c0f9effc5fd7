import type { ByteReader } from "../../../bytes/byte-reader.ts";
import { parseLength } from "./opaque.ts";

/** The two-byte numbers of a vector whose length takes `lengthBytes`. */
export function parseCodePoints(reader: ByteReader, lengthBytes: 1 | 2, field: string): readonly number[] {
  const length = parseListLength(reader, lengthBytes, field);
  if (length % 2 !== 0) throw reader.malformed(`has ${length} bytes, an odd number`, field);
  const codes: number[] = [];
  for (let read = 0; read < length; read += 2) codes.push(reader.uint16(field));
  return codes;
}

/** The one-byte numbers of a vector whose length takes one byte. */
export function parseByteCodes(reader: ByteReader, field: string): readonly number[] {
  const length = parseListLength(reader, 1, field);
  const codes: number[] = [];
  for (let read = 0; read < length; read++) codes.push(reader.uint8(field));
  return codes;
}

/** Checked against what is there, so that a list that is cut short is not read at all. */
function parseListLength(reader: ByteReader, lengthBytes: 1 | 2, field: string): number {
  const length = parseLength(reader, lengthBytes, field);
  if (length > reader.remaining) throw reader.malformed(`needs ${length}, has ${reader.remaining}`, field);
  return length;
}
