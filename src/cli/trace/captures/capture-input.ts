import { closeSync, createReadStream, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import type { Duplex, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { HandclaspError, isHandclaspError, reasonOf, toError } from "../../../errors.ts";
import { KIND_BYTES, recogniseFile, requireCapture } from "./file-kind.ts";

/** Why compressed bytes could not be read to their end; all that came before was given. */
export interface Broken {
  readonly state: "truncated" | "damaged";
  readonly message: string;
}

/** Where a capture comes from. */
export interface CaptureInput {
  readonly name: string;
  /** Whether it can be read from the front again; what comes through a pipe is gone once it is read. */
  readonly isRepeatable: boolean;
  readonly stat: Stats;
  /**
   * Its bytes, decompressed; no chunk is used again. Throws ERR_HANDCLASP_OPTION when it cannot be
   * read, ERR_HANDCLASP_MALFORMED when it is no capture.
   */
  chunks(): AsyncGenerator<Uint8Array, Broken | undefined, undefined>;
}

/** The name of stdin on a command line. */
export const STDIN = "-";

const CHUNK_BYTES = 512 * 1024;
const INFLATED_BYTES = 256 * 1024;
const PIECE_BYTES = 32 * 1024;
/** What gzip ends with (RFC 1952 §2.3), and more than what zstd ends with. */
const CHECK_SUM_BYTES = 8;
/** So many bytes of a stream are waited for before it is said what it is. */
const PEEKED_BYTES = 16;

/** A file, a pipe with a name, or stdin (`-`). Throws ERR_HANDCLASP_OPTION when there is no such file, or none that can be read. */
export function openInput(path: string): CaptureInput {
  const isStdin = path === STDIN;
  const name = isStdin ? "stdin" : path;
  const stat = reading(name, () => (isStdin ? fstatSync(0) : statSync(path)));
  if (stat.isDirectory()) throw unreadable(name, "it is a folder");
  if (isStdin && process.stdin.isTTY) throw unreadable(name, "it is a terminal: send a capture into it");
  if (!stat.isFile()) {
    const stream = (): Readable => (isStdin ? process.stdin : createReadStream(path));
    return { name, stat, isRepeatable: false, chunks: () => fromStream(name, stream()) };
  }
  const open = (): number => reading(name, () => (isStdin ? 0 : openSync(path, "r")));
  const kind = withFile(open(), (file) => recogniseFile(name, readStart(file)));
  if (kind === "capture") return { name, stat, isRepeatable: true, chunks: () => fromFile(name, open()) };
  const stream = (): Readable => createReadStream(path, isStdin ? { fd: 0, start: 0, autoClose: false } : {});
  return { name, stat, isRepeatable: true, chunks: () => fromStream(name, stream()) };
}

async function* fromFile(name: string, file: number): AsyncGenerator<Uint8Array, undefined, undefined> {
  try {
    for (let at = 0; ;) {
      // Packets are views of it.
      const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const length = reading(name, () => readSync(file, chunk, 0, CHUNK_BYTES, at));
      if (length === 0) return undefined;
      at += length;
      yield chunk.subarray(0, length);
    }
  } finally {
    closeUnlessStdin(file);
  }
}

async function* fromStream(
  name: string,
  stream: Readable,
): AsyncGenerator<Uint8Array, Broken | undefined, undefined> {
  try {
    const [start, chunks] = await peek(stream);
    const kind = recogniseFile(name, start);
    if (kind === "capture") {
      yield* chunks;
      return undefined;
    }
    return yield* inflate(name, kind, chunks);
  } catch (error) {
    throw isHandclaspError(error) ? error : unreadable(name, error);
  } finally {
    stream.destroy();
  }
}

/** As a stream: a file that grows a thousandfold takes no more memory than another one. */
async function* inflate(
  name: string,
  kind: "gzip" | "zstd",
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, Broken | undefined, undefined> {
  const options = { chunkSize: INFLATED_BYTES };
  const inflated: Duplex = kind === "gzip" ? createGunzip(options) : createZstdDecompress(options);
  void pump(chunks, inflated);
  try {
    const [start, rest] = await peek(inflated);
    requireCapture(`${name}, decompressed,`, start);
    yield* rest;
    return undefined;
  } catch (error) {
    if (!(error instanceof Error) || isHandclaspError(error) || !isOfCompression(error)) throw error;
    if (error.code === "Z_BUF_ERROR") return { state: "truncated", message: `its ${kind} has no end` };
    return { state: "damaged", message: `${kind}: ${error.message}` };
  } finally {
    inflated.destroy();
  }
}

/**
 * Piece by piece, the check sum at the end by itself: what a piece holds before the place where it is cut or damaged is
 * lost. Never rejects.
 */
async function pump(chunks: AsyncIterable<Uint8Array>, into: Duplex): Promise<void> {
  const write = (piece: Uint8Array): Promise<void> =>
    new Promise((resolve) => void into.write(piece, () => resolve()));
  try {
    let last: Uint8Array = new Uint8Array(0);
    for await (const chunk of chunks) {
      if (into.destroyed) return;
      await write(last);
      const to = Math.max(0, chunk.length - CHECK_SUM_BYTES);
      for (let at = 0; at < to; at += PIECE_BYTES)
        await write(chunk.subarray(at, Math.min(to, at + PIECE_BYTES)));
      last = chunk.subarray(to);
    }
    await write(last);
    into.end();
  } catch (error) {
    into.destroy(toError(error));
  }
}

function isOfCompression(error: Error): error is Error & { readonly code: string } {
  return "code" in error && typeof error.code === "string" && /^(?:Z_|ZSTD_|ERR_ZLIB)/.test(error.code);
}

/** The first bytes of a stream, and all of it. */
async function peek(
  stream: Readable,
): Promise<readonly [start: Uint8Array, all: AsyncGenerator<Uint8Array, void, undefined>]> {
  const chunks = stream.iterator() as AsyncIterator<Uint8Array, undefined, undefined>;
  let start: Uint8Array = new Uint8Array(0);
  while (start.length < PEEKED_BYTES) {
    const { done, value } = await chunks.next();
    if (done === true) break;
    start = start.length === 0 ? value : Buffer.concat([start, value]);
  }
  async function* all(): AsyncGenerator<Uint8Array, void, undefined> {
    yield start;
    for (;;) {
      const { done, value } = await chunks.next();
      if (done === true) return;
      yield value;
    }
  }
  return [start, all()];
}

function readStart(file: number): Uint8Array {
  const start = new Uint8Array(KIND_BYTES);
  return start.subarray(0, readSync(file, start, 0, KIND_BYTES, 0));
}

function withFile<T>(file: number, read: (file: number) => T): T {
  try {
    return read(file);
  } finally {
    closeUnlessStdin(file);
  }
}

function closeUnlessStdin(file: number): void {
  if (file !== 0) closeSync(file);
}

function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, why: unknown): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_OPTION", `cannot read ${name}: ${reasonOf(why)}`, { cause: why });
}
