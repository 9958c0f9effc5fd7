import zlib from "node:zlib";
import { HandclaspError } from "../../../errors.ts";

/** What a part has without being compressed: no more is taken in, however small it came. */
const MOST_TEXT_BYTES = 8 * 1024 * 1024;

/** Some rows of a table, in its order: a value is a text, a number or null; bytes are base64. */
export interface SnapshotPart {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

/** As one of the parts of a snapshot. */
export function encodeSnapshotPart(part: SnapshotPart): Uint8Array {
  return zlib.zstdCompressSync(JSON.stringify(part));
}

/** Reads it back, whoever wrote it. Throws ERR_HANDCLASP_MALFORMED. */
export function parseSnapshotPart(bytes: Uint8Array): SnapshotPart {
  let part: Partial<SnapshotPart> | null;
  try {
    const text = zlib.zstdDecompressSync(bytes, { maxOutputLength: MOST_TEXT_BYTES }).toString();
    part = JSON.parse(text) as Partial<SnapshotPart> | null;
  } catch (cause) {
    throw malformed("it cannot be read", cause);
  }
  const { table, columns, rows } = part ?? {};
  if (typeof table !== "string" || !Array.isArray(columns) || !Array.isArray(rows)) {
    throw malformed("it has no rows of a table");
  }
  const { length } = columns;
  if (rows.some((row) => !Array.isArray(row) || row.length !== length)) throw malformed("a row is too short");
  return { table, columns: columns.map(String), rows: rows as SnapshotPart["rows"] };
}

function malformed(problem: string, cause?: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `this is no part of a snapshot: ${problem}`, {
    cause,
  });
}
