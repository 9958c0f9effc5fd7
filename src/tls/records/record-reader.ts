import { SSL_2 } from "../code-points/code-points-version.ts";
import { CONTENT_TYPE } from "../code-points/content-type.ts";
import { FrameReader, type Hole, malformedFrame } from "./frame-reader.ts";
import { RecordSeeker } from "./record-seeker.ts";

/** One record as it was on the wire. RFC 8446 §5.1. */
export interface TlsRecord {
  readonly type: number;
  /** `legacy_record_version`: 0x0301 or 0x0303 in practice, whatever was negotiated; 2 of a ClientHello in the form of SSL 2.0, whose header has two bytes. */
  readonly version: number;
  readonly header: Uint8Array;
  readonly fragment: Uint8Array;
  /** Where the record begins in its direction's stream. */
  readonly offset: number;
  /** Which bytes of the fragment nobody saw: they are zeros. */
  readonly hole?: Hole;
  /** How many bytes before it belong to no record that was made out; there only when reading had to begin anew. */
  readonly gap?: number;
}

/** RFC 5246 §6.2.3. */
const MAX_TLS12_CIPHERTEXT_LENGTH = 2 ** 14 + 2048;

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
  readonly #frames: FrameReader = new FrameReader(HEADER_LENGTH, (bytes, at, offset) =>
    this.#fragmentLength(bytes, at, offset),
  );
  /** While it is not known where the next record begins. */
  #seeker: RecordSeeker | undefined;
  /** Where it looks from, and where the last record ended. */
  #seekOffset = 0;
  #lastEnd = 0;
  #isAfterGap = false;

  /** Bytes held back because their record is not complete. */
  get pending(): number {
    return this.#seeker?.pending ?? this.#frames.pending;
  }

  /** Whether bytes are missing, and no record was made out behind them yet. */
  get isSeeking(): boolean {
    return this.#seeker !== undefined;
  }

  /** How many bytes behind the missing ones belong to no record. */
  get passed(): number {
    return this.#seeker?.passed ?? 0;
  }

  /** The records that end in this chunk; to be drained. What is not TLS throws, and so does each later call. */
  *read(chunk: Uint8Array): Generator<TlsRecord, void, undefined> {
    this.push(chunk);
    for (let record = this.next(); record !== undefined; record = this.next()) yield record;
  }

  /** As `read`, for `next` to give the records one by one. */
  push(chunk: Uint8Array): void {
    if (this.#seeker === undefined) this.#frames.push(chunk);
    else this.#seek(this.#seeker, chunk);
  }

  /**
   * `length` bytes are missing where the next would have come. Within one record they are its hole; else reading goes
   * on at the next record that can be made out.
   */
  gap(length: number): void {
    if (this.#seeker !== undefined) this.#seeker.drop();
    else if (this.#frames.gap(length)) return;
    else this.#seeker = this.#beginToSeek();
    this.#seekOffset += length;
  }

  /** The next record that ends in what was pushed; undefined when there is none. */
  next(): TlsRecord | undefined {
    const frame = this.#frames.next();
    if (frame === undefined) return undefined;
    const { bytes, offset, hole } = frame;
    if ((bytes[0] ?? 0) >= SSL2_LENGTH_BIT) return ssl2Record(bytes, offset);
    const record = {
      type: bytes[0] ?? 0,
      version: ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0),
      header: bytes.subarray(0, HEADER_LENGTH),
      fragment: bytes.subarray(HEADER_LENGTH),
      offset,
    };
    if (hole !== undefined)
      return { ...record, hole: { from: hole.from - HEADER_LENGTH, to: hole.to - HEADER_LENGTH } };
    if (!this.#isAfterGap) return record;
    this.#isAfterGap = false;
    return { ...record, gap: offset - this.#lastEnd };
  }

  /** To be called when the stream ends: a record cut short is an error. */
  end(): void {
    const { partial, offset } = this.#frames;
    if (partial.length === 0) return;
    const problem = `the stream ends ${partial.length} bytes into a record`;
    throw malformedFrame("record", offset, problem);
  }

  #beginToSeek(): RecordSeeker {
    this.#lastEnd = this.#frames.offset;
    this.#seekOffset = this.#lastEnd + this.#frames.pending;
    this.#frames.restart(this.#seekOffset);
    return new RecordSeeker(this.maxFragmentLength);
  }

  #seek(seeker: RecordSeeker, chunk: Uint8Array): void {
    const found = seeker.push(chunk);
    if (found === undefined) return;
    this.#seeker = undefined;
    this.#isAfterGap = true;
    this.#frames.restart(this.#seekOffset + seeker.passed);
    this.#frames.push(found);
  }

  #fragmentLength(bytes: Uint8Array, at: number, offset: number): number {
    const type = bytes[at] ?? 0;
    if (offset === 0 && isSsl2ClientHello(bytes, at))
      return SSL2_HEADER_LENGTH + ((type & 0x7f) << 8) + (bytes[at + 1] ?? 0) - HEADER_LENGTH;
    if (type < FIRST_TYPE || type > LAST_TYPE || bytes[at + 1] !== 3)
      throw notTls(bytes.subarray(at, at + HEADER_LENGTH), offset);
    const length = ((bytes[at + 3] ?? 0) << 8) | (bytes[at + 4] ?? 0);
    if (length > this.maxFragmentLength)
      throw malformedFrame("record.length", offset + 3, `${length} is more than ${this.maxFragmentLength}`);
    return length;
  }
}

const SSL2_HEADER_LENGTH = 2;
const SSL2_LENGTH_BIT = 0x80;
const SSL2_SERVER_HELLO = 4;
/** Type, version and three lengths. */
const SSL2_SHORTEST = 9;

/** Whether a record of SSL 2.0 begins here that holds a ClientHello, which TLS may begin with. RFC 5246 §E.2. */
function isSsl2ClientHello(bytes: Uint8Array, at: number): boolean {
  const [first = 0, second = 0, type, major, minor = 0xff] = bytes.subarray(at, at + HEADER_LENGTH);
  const length = ((first & 0x7f) << 8) | second;
  const isVersion = (major === 3 && minor <= 4) || (major === 0 && minor === 2);
  return first >= SSL2_LENGTH_BIT && length >= SSL2_SHORTEST && type === 1 && isVersion;
}

function ssl2Record(bytes: Uint8Array, offset: number): TlsRecord {
  return {
    type: CONTENT_TYPE.handshake,
    version: SSL_2,
    header: bytes.subarray(0, SSL2_HEADER_LENGTH),
    fragment: bytes.subarray(SSL2_HEADER_LENGTH),
    offset,
  };
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
  if (first >= SSL2_LENGTH_BIT && third === SSL2_SERVER_HELLO && (fourth ?? 0) <= 1)
    return "an SSL 2.0 ServerHello";
  const text = String.fromCharCode(...header);
  return OTHER_PROTOCOLS.find(([beginning]) => beginning.test(text))?.[1];
}
