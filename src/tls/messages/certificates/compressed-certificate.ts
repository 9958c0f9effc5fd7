import zlib, { brotliDecompressSync, constants, inflateSync } from "node:zlib";
import { ByteReader } from "../../../bytes/byte-reader.ts";
import { CERTIFICATE_COMPRESSION_ALGORITHM } from "../../code-points/code-points.ts";
import type { HandshakeVersion } from "../../code-points/code-points-version.ts";
import { DEFAULT_MAX_MESSAGE_LENGTH } from "../../records/handshake-reader.ts";
import { type CertificateMessage, parseCertificateMessage } from "./certificate.ts";

/** RFC 8879 §4. */
export interface CompressedCertificate {
  readonly algorithm: number;
  readonly uncompressedLength: number;
  readonly compressed: Uint8Array;
  /** Undefined when the algorithm is not one of RFC 8879's. */
  readonly certificate: CertificateMessage | undefined;
}

/** RFC 8879 §4. Malformed when it would unfold to more than `maxLength` bytes, or to another length than it says. */
export function parseCompressedCertificate(
  body: Uint8Array,
  version: HandshakeVersion = "TLSv1.3",
  maxLength: number = DEFAULT_MAX_MESSAGE_LENGTH,
  type?: number,
): CompressedCertificate {
  const message = new ByteReader(body, "compressed_certificate");
  const algorithm = message.uint16("algorithm");
  const lengthField = new ByteReader(
    body.subarray(message.offset),
    "uncompressed_length",
    message.offset,
    message,
  );
  const uncompressedLength = message.uint24("uncompressed_length");
  if (uncompressedLength > maxLength)
    throw lengthField.malformed(`${uncompressedLength} is more than ${maxLength}`);
  const field = message.vector(3, "compressed_certificate_message");
  message.end();
  const compressed = body.subarray(field.offset);
  const unfolded = decompress(compressed, algorithm, uncompressedLength, field);
  const certificate = unfolded === undefined ? undefined : parseCertificateMessage(unfolded, version, type);
  return { algorithm, uncompressedLength, compressed, certificate };
}

/** What `info: true` makes of the result: how much of the input was used is told too. */
type Decompressed = { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } };
type Decompress = (data: Uint8Array, options: { maxOutputLength: number; info: true }) => unknown;

/** RFC 8878 §3.1.1.1.2 tells decoders to support windows of 8 MiB; unbounded, a frame may ask for 128 MiB. */
const ZSTD_PARAMS = { [constants.ZSTD_d_windowLogMax]: 23 };

const ALGORITHMS: ReadonlyMap<number, Decompress> = new Map<number, Decompress>([
  [CERTIFICATE_COMPRESSION_ALGORITHM.zlib, inflateSync],
  [CERTIFICATE_COMPRESSION_ALGORITHM.brotli, brotliDecompressSync],
  [
    CERTIFICATE_COMPRESSION_ALGORITHM.zstd,
    (data, options) => zlib.zstdDecompressSync(data, { ...options, params: ZSTD_PARAMS }),
  ],
]);

function decompress(
  compressed: Uint8Array,
  algorithm: number,
  length: number,
  field: ByteReader,
): Uint8Array | undefined {
  const run = ALGORITHMS.get(algorithm);
  if (run === undefined) return undefined;
  const { buffer, engine } = attempt(() => {
    return run(compressed, { maxOutputLength: Math.max(length, 1), info: true }) as Decompressed;
  }, field);
  if (buffer.length !== length) throw field.malformed(`unfolds to ${buffer.length} bytes, not ${length}`);
  if (engine.bytesWritten !== compressed.length)
    throw field.malformed(`has ${compressed.length - engine.bytesWritten} bytes too many`);
  return buffer;
}

function attempt(run: () => Decompressed, field: ByteReader): Decompressed {
  try {
    return run();
  } catch (cause) {
    throw Object.assign(field.malformed("cannot be unfolded to the length it says"), { cause });
  }
}
