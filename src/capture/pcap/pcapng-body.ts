import type { FileBytes } from "./capture-format.ts";
import { malformed } from "./malformed.ts";

/** The body of one block: everything between its header and its trailing length. */
export interface BlockBody extends FileBytes {
  readonly from: number;
  readonly to: number;
  readonly littleEndian: boolean;
}

/** The fixed fields of a block must be there before they are read. */
export function requireFields(body: BlockBody, length: number, field: string): void {
  const has = body.to - body.from;
  if (has < length) throw malformed(field, body.start + body.from, `needs ${length}, has ${has}`);
}

/** The next `length` bytes of a block; `fieldAt` is where that length stands. */
export function takeData(
  body: BlockBody,
  at: number,
  length: number,
  field: string,
  fieldAt: number,
): Uint8Array {
  const has = body.to - at;
  if (length > has) throw malformed(field, body.start + fieldAt, `${length} is more than the block's ${has}`);
  return body.bytes.subarray(at, at + length);
}
