import zlib from "node:zlib";
import { HandclaspError } from "../../../errors.ts";

/** What a part has without being compressed: no more is taken in, however small it came. */
const MOST_BYTES = 8 * 1024 * 1024;
/** How long the text is, before it. */
const HEAD_BYTES = 4;
/** What is in most parts cannot be made smaller: to look for more takes twice as long, and finds nothing. */
const LEVEL = { params: { [zlib.constants.ZSTD_c_compressionLevel]: 1 } };

/** Some rows of a table, in its order: a value is a text, a number, null, or bytes in the columns that are named for that. */
export interface SnapshotPart {
  readonly table: string;
  readonly columns: readonly string[];
  /** Which of the columns hold bytes. */
  readonly bytes: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/**
 * As one of the parts of a snapshot: zstd of how long the text is (4 bytes, little-endian), the text, which is the part as
 * JSON with a length in place of bytes, and all these bytes.
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
  const text = Buffer.from(JSON.stringify({ table, columns, bytes, rows: told }));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(text.byteLength);
  return zlib.zstdCompressSync(Buffer.concat([head, text, ...behind]), LEVEL);
}

/** Reads it back, whoever wrote it. Throws ERR_HANDCLASP_MALFORMED. */
export function parseSnapshotPart(part: Uint8Array): SnapshotPart {
  let whole: Buffer;
  let text: Partial<SnapshotPart> | null;
  let end: number;
  try {
    whole = zlib.zstdDecompressSync(part, { maxOutputLength: MOST_BYTES });
    end = HEAD_BYTES + whole.readUInt32LE();
    text = JSON.parse(whole.toString("utf8", HEAD_BYTES, end)) as Partial<SnapshotPart> | null;
  } catch (cause) {
    throw malformed("it cannot be read", cause);
  }
  const { table, columns, bytes, rows } = text ?? {};
  if (typeof table !== "string" || !areTexts(columns) || !areTexts(bytes) || !Array.isArray(rows)) {
    throw malformed("it has no rows of a table");
  }
  const inBytes = placesOf(columns, bytes);
  for (const row of rows as unknown[]) {
    if (!Array.isArray(row) || row.length !== columns.length) throw malformed("a row is too short");
    for (const at of inBytes) {
      const length: unknown = row[at];
      if (!isLength(length, whole.byteLength - end)) throw malformed("bytes are missing");
      row[at] = whole.subarray(end, (end += length));
    }
  }
  if (end !== whole.byteLength) throw malformed("there are more bytes than rows have");
  return { table, columns, bytes, rows: rows as SnapshotPart["rows"] };
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
