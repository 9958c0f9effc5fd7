import zlib from "node:zlib";
import { HandclaspError } from "../../../errors.ts";

/** What a part has without being compressed: no more is taken in, however small it came. */
const MOST_BYTES = 8 * 1024 * 1024;
/** How long the text is, before it. */
const HEAD_BYTES = 4;
/** Rows to a line: what is read of a part at a time. */
const ROWS = 32;
/** Most parts have no more, and so come as one piece of memory. */
const PIECE_BYTES = 512 * 1024;
/** What is in most parts cannot be made smaller: to look for more takes twice as long, and finds nothing. */
const LEVEL = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };

/** Of which rows there are some. */
export interface PartTable {
  readonly table: string;
  readonly columns: readonly string[];
  /** Which of the columns hold bytes. */
  readonly bytes: readonly string[];
}

/** Some rows of a table, in its order: a value is a text, a number, null, or bytes in the columns that are named for that. */
export interface SnapshotPart extends PartTable {
  readonly rows: readonly (readonly unknown[])[];
}

/** Rows are read when they are asked for, and their bytes are there until the part is disposed of: no part stays in memory. */
export interface ParsedPart extends PartTable, Disposable {
  /** Throws ERR_HANDCLASP_MALFORMED. */
  rows(): Generator<readonly unknown[], void>;
}

/**
 * As one of the parts of a snapshot: zstd of how long the text is (4 bytes, little-endian), the text, and all bytes. The text
 * is lines of JSON: which table it is of, and then some rows each, with a length in place of bytes.
 */
export function encodeSnapshotPart({ table, columns, bytes, rows }: SnapshotPart): Uint8Array {
  const behind: Uint8Array[] = [];
  const inBytes = placesOf(columns, bytes);
  const told = rows.map((row) => {
    const copy = [...row];
    for (const at of inBytes) {
      const value = copy[at];
      if (!(value instanceof Uint8Array)) continue;
      behind.push(value);
      copy[at] = value.byteLength;
    }
    return copy;
  });
  let lines = JSON.stringify({ table, columns, bytes });
  for (let at = 0; at < told.length; at += ROWS) lines += `\n${JSON.stringify(told.slice(at, at + ROWS))}`;
  const text = Buffer.from(lines);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(text.byteLength);
  return zlib.zstdCompressSync(Buffer.concat([head, text, ...behind]), LEVEL);
}

/** Reads it back, whoever wrote it. Throws ERR_HANDCLASP_MALFORMED. */
export function parseSnapshotPart(part: Uint8Array): ParsedPart {
  const whole = decompress(part);
  const end = whole.byteLength < HEAD_BYTES ? Infinity : HEAD_BYTES + whole.readUInt32LE();
  if (end > whole.byteLength) throw malformed("it is cut off, or of a former version");
  const lines = linesOf(whole.subarray(HEAD_BYTES, end));
  const { table, columns, bytes } = (lines.next().value ?? {}) as Partial<PartTable>;
  if (typeof table !== "string" || !areTexts(columns) || !areTexts(bytes)) {
    throw malformed("it does not say what it has rows of");
  }
  const { buffer } = whole;
  return {
    table,
    columns,
    bytes,
    rows: () => rowsOf(lines, whole.subarray(end), columns.length, placesOf(columns, bytes)),
    [Symbol.dispose]: () => void buffer.transfer(0),
  };
}

function decompress(part: Uint8Array): Buffer<ArrayBuffer> {
  try {
    return zlib.zstdDecompressSync(part, { maxOutputLength: MOST_BYTES, chunkSize: PIECE_BYTES });
  } catch (cause) {
    throw malformed("it cannot be read", cause);
  }
}

function* linesOf(text: Buffer): Generator<unknown, void> {
  for (let at = 0; at < text.byteLength;) {
    const found = text.indexOf("\n", at);
    const end = found === -1 ? text.byteLength : found;
    yield parseLine(text.toString("utf8", at, end));
    at = end + 1;
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw malformed("it cannot be read", cause);
  }
}

function* rowsOf(
  lines: Iterable<unknown>,
  behind: Buffer,
  columns: number,
  inBytes: readonly number[],
): Generator<readonly unknown[], void> {
  let end = 0;
  for (const some of lines) {
    if (!Array.isArray(some)) throw malformed("there are no rows in it");
    for (const row of some as unknown[]) {
      if (!Array.isArray(row) || row.length !== columns) throw malformed("a row is too short");
      for (const at of inBytes) {
        const length: unknown = row[at];
        if (!isLength(length, behind.byteLength - end)) throw malformed("bytes are missing");
        row[at] = behind.subarray(end, (end += length));
      }
      yield row;
    }
  }
  if (end !== behind.byteLength) throw malformed("there are more bytes than rows have");
}

function placesOf(columns: readonly string[], bytes: readonly string[]): readonly number[] {
  return columns.flatMap((column, at) => (bytes.includes(column) ? [at] : []));
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function isLength(value: unknown, most: number): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most;
}

function malformed(problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `this is no part of a snapshot: ${problem}`, {
    cause,
  });
}
