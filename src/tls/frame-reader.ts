import { HandclaspError } from "../errors.ts";

/** One unit of a stream, header and all, and where in the stream it begins. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** A frame shorter than this is given its whole buffer at once; a longer one when its bytes come. */
const FIRST_CAPACITY = 4096;

/**
 * Cuts a stream into frames that begin with a header of fixed length, which tells how long the rest is. A frame
 * within one chunk is a view of it, one across chunks is a copy; no byte is copied more than a few times.
 */
export class FrameReader {
  readonly #headerLength: number;
  readonly #bodyLength: (header: Uint8Array, offset: number) => number;
  #buffer: Uint8Array = new Uint8Array(0);
  #have = 0;
  /** Of the frame under way; its header's length until that is complete. */
  #need: number;
  #offset = 0;
  #failure: unknown;

  /** `bodyLength` is given each header, and throws for one that cannot be. */
  constructor(headerLength: number, bodyLength: (header: Uint8Array, offset: number) => number) {
    this.#headerLength = headerLength;
    this.#bodyLength = bodyLength;
    this.#need = headerLength;
  }

  /** Bytes held back because their frame is not complete. */
  get pending(): number {
    return this.#have;
  }

  /** Where in the stream the next frame begins. */
  get offset(): number {
    return this.#offset;
  }

  /** The beginning of the frame under way; whatever reads on will overwrite it. */
  get partial(): Uint8Array {
    return this.#buffer.subarray(0, this.#have);
  }

  /** The frames that end in this chunk; to be drained. After an error each further call throws it again. */
  *read(chunk: Uint8Array): Generator<Frame, void, undefined> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      let at = 0;
      while (at < chunk.length) {
        const whole = this.#have === 0 ? this.#cut(chunk, at) : undefined;
        at += whole?.length ?? this.#fill(chunk, at);
        const bytes = whole ?? this.#finished();
        if (bytes === undefined) continue;
        const offset = this.#offset;
        this.#offset += bytes.length;
        yield { bytes, offset };
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  /** The frame at this place, when the chunk holds all of it. */
  #cut(chunk: Uint8Array, at: number): Uint8Array | undefined {
    if (chunk.length - at < this.#headerLength) return undefined;
    const header = chunk.subarray(at, at + this.#headerLength);
    const length = this.#headerLength + this.#bodyLength(header, this.#offset);
    return chunk.length - at < length ? undefined : chunk.subarray(at, at + length);
  }

  /** Takes bytes for the frame under way, of its header first; returns how many. */
  #fill(chunk: Uint8Array, at: number): number {
    const taken = Math.min(this.#need - this.#have, chunk.length - at);
    this.#reserve(this.#have + taken);
    this.#buffer.set(chunk.subarray(at, at + taken), this.#have);
    this.#have += taken;
    if (this.#have === this.#headerLength && this.#need === this.#headerLength)
      this.#need += this.#bodyLength(this.#buffer.subarray(0, this.#headerLength), this.#offset);
    return taken;
  }

  #finished(): Uint8Array | undefined {
    if (this.#have < this.#need || this.#have < this.#headerLength) return undefined;
    const bytes = this.#buffer.subarray(0, this.#need);
    this.#buffer = new Uint8Array(0);
    this.#have = 0;
    this.#need = this.#headerLength;
    return bytes;
  }

  /** Grows with what has come, never with what a header promises. */
  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const grown = new Uint8Array(
      Math.max(length, Math.min(this.#need, Math.max(2 * length, FIRST_CAPACITY))),
    );
    grown.set(this.#buffer.subarray(0, this.#have));
    this.#buffer = grown;
  }
}

/** The error for a frame that cannot be. */
export function malformedFrame(field: string, offset: number, problem: string): HandclaspError {
  return new HandclaspError("ERR_HANDCLASP_MALFORMED", `${field} at byte ${offset}: ${problem}`, {
    details: { field, offset },
  });
}
