import { createHash } from "node:crypto";
import { brotliDecompressSync, gzipSync } from "node:zlib";
import type { PageFile, PageFiles } from "../../admin/page/page-files.ts";

/** A file of the page as a bundle of the command line carries it. */
export interface PackedFile {
  readonly path: string;
  /** Its media type. */
  readonly type: string;
  /** Compressed by Brotli, in base64. */
  readonly packed: string;
}

/** The files as they are served. */
export function unpackPage(files: readonly PackedFile[]): PageFiles {
  return new Map(files.map((file) => [file.path, unpack(file)]));
}

function unpack({ type, packed }: PackedFile): PageFile {
  const br = Buffer.from(packed, "base64");
  const bytes = brotliDecompressSync(br);
  const hash = createHash("sha256").update(bytes).digest("base64url");
  return { type, bytes, br, gzip: gzipSync(bytes, { level: 9 }), etag: `"${hash.slice(0, 22)}"` };
}
