import { FrameReader, malformedFrame } from "./frame-reader.ts";

/** One record as it was on the wire. RFC 8446 §5.1. */
export interface TlsRecord {
  readonly type: number;
  /** `legacy_record_version`: 0x0301 or 0x0303 in practice, whatever was negotiated. */
  readonly version: number;
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
  /** Where the record begins in its direction's stream. */
  readonly offset: number;
}

/** RFC 8446 §5.1. */
export const MAX_PLAINTEXT_LENGTH: number = 2 ** 14;
/** RFC 8446 §5.2. */
export const MAX_TLS13_CIPHERTEXT_LENGTH: number = 2 ** 14 + 256;
/** RFC 5246 §6.2.3. */
export const MAX_TLS12_CIPHERTEXT_LENGTH: number = 2 ** 14 + 2048;

const HEADER_LENGTH = 5;
/** change_cipher_spec up to heartbeat: the types that TLS over TCP has. */
const FIRST_TYPE = 20;
const LAST_TYPE = 24;

/**
 * Cuts one direction of a TCP stream into records; one at most is held back. Fragments are views of the chunks
 * where they can be, so a chunk must not be reused.
 */
export class RecordReader {
  /** Of a fragment; the negotiated version allows less than the default. Heeded from the next record on. */
  maxFragmentLength: number = MAX_TLS12_CIPHERTEXT_LENGTH;
  readonly #frames: FrameReader = new FrameReader(HEADER_LENGTH, (header, offset) =>
    this.#fragmentLength(header, offset),
  );

  /** Bytes held back because their record is not complete. */
  get pending(): number {
    return this.#frames.pending;
  }

  /** The records that end in this chunk; to be drained. What is not TLS throws, and so does each later call. */
  *read(chunk: Uint8Array): Generator<TlsRecord, void, undefined> {
    for (const { bytes, offset } of this.#frames.read(chunk)) {
      const header = bytes.subarray(0, HEADER_LENGTH);
      const [type = 0, major = 0, minor = 0] = header;
      yield { type, version: (major << 8) | minor, header, fragment: bytes.subarray(HEADER_LENGTH), offset };
    }
  }

  /** To be called when the stream ends: a record cut short is an error. */
  end(): void {
    const { partial, offset } = this.#frames;
    if (partial.length === 0) return;
    const problem = `the stream ends ${partial.length} bytes into a record`;
    throw malformedFrame("record", offset, problem);
  }

  #fragmentLength(header: Uint8Array, offset: number): number {
    const [type = 0, major = 0, , high = 0, low = 0] = header;
    if (type < FIRST_TYPE || type > LAST_TYPE || major !== 3) throw notTls(header, offset);
    const length = (high << 8) | low;
    if (length > this.maxFragmentLength)
      throw malformedFrame("record.length", offset + 3, `${length} is more than ${this.maxFragmentLength}`);
    return length;
  }
}

/** How other protocols begin, in five bytes. */
const OTHER_PROTOCOLS: readonly (readonly [RegExp, string])[] = [
  [/^(?:GET |POST |HEAD |PUT |DELET|OPTIO|CONNE|PATCH|TRACE|PROPF)/, "an HTTP request"],
  [/^HTTP\//, "an HTTP response"],
  [/^PRI \*/, "HTTP/2 without TLS"],
  [/^SSH-/, "SSH"],
  [/^PROXY|^\r\n\r\n/, "a PROXY protocol header"],
  [/^(?:EHLO|HELO|220[ -])/, "SMTP"],
];

function notTls(header: Uint8Array, offset: number): Error {
  const other = offset === 0 ? otherProtocol(header) : undefined;
  if (other !== undefined) return malformedFrame("record", offset, `${other}, not TLS`);
  const [type = 0, major = 0] = header;
  if (type < FIRST_TYPE || type > LAST_TYPE)
    return malformedFrame("record.type", offset, `${type} is no content type of TLS`);
  return malformedFrame("record.legacy_record_version", offset + 1, `${major} is no major version of TLS`);
}

function otherProtocol(header: Uint8Array): string | undefined {
  const [first = 0, , third, fourth] = header;
  if (first >= 0x80 && third === 1 && (fourth === 0 || fourth === 3)) return "an SSL 2.0 ClientHello";
  const text = String.fromCharCode(...header);
  return OTHER_PROTOCOLS.find(([beginning]) => beginning.test(text))?.[1];
}
