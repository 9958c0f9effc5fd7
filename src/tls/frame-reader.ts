import { HandclaspError } from "../errors.ts";

/** One unit of a stream, header and all, and where in the stream it begins. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly offset: number;
}

/** How long the body is behind the header at this index, which is at `offset` of the stream; throws for one that cannot be. */
export type BodyLength = (bytes: Uint8Array, at: number, offset: number) => number;

const NOTHING = new Uint8Array(0);
/** A frame shorter than this is given its whole buffer at once; a longer one when its bytes come. */
const FIRST_CAPACITY = 4096;

/**
 * Cuts a stream into frames that begin with a header of fixed length, which tells how long the rest is. A frame
 * within one chunk is a view of it, one across chunks is a copy; no byte is copied more than a few times.
 */
export class FrameReader {
  readonly #headerLength: number;
  readonly #bodyLength: BodyLength;
  /** What was pushed last, and how much of it is read. */
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #buffer: Uint8Array = NOTHING;
  #have = 0;
  /** Of the frame under way; its header's length until that is complete. */
  #need: number;
  #offset = 0;
  #failure: unknown;

  constructor(headerLength: number, bodyLength: BodyLength) {
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

  /** The next bytes of the stream; `next` gives their frames. What was not drained before is dropped. */
  push(chunk: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next frame that ends in what was pushed; undefined when there is none. After an error each call throws it again. */
  next(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      while (this.#at < this.#chunk.length) {
        const bytes = this.#cut() ?? this.#fill();
        if (bytes === undefined) continue;
        const offset = this.#offset;
        this.#offset += bytes.length;
        return { bytes, offset };
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#chunk = NOTHING;
    return undefined;
  }

  /** The next frame, when the chunk holds all of it. */
  #cut(): Uint8Array | undefined {
    const [chunk, at] = [this.#chunk, this.#at];
    if (this.#have > 0 || chunk.length - at < this.#headerLength) return undefined;
    const end = at + this.#headerLength + this.#bodyLength(chunk, at, this.#offset);
    if (end > chunk.length) return undefined;
    this.#at = end;
    return chunk.subarray(at, end);
  }

  /** Takes bytes for the frame under way, of its header first; the frame when that makes it whole. */
  #fill(): Uint8Array | undefined {
    const [chunk, at] = [this.#chunk, this.#at];
    const taken = Math.min(this.#need - this.#have, chunk.length - at);
    this.#reserve(this.#have + taken);
    this.#buffer.set(chunk.subarray(at, at + taken), this.#have);
    this.#have += taken;
    this.#at += taken;
    if (this.#have === this.#headerLength && this.#need === this.#headerLength)
      this.#need += this.#bodyLength(this.#buffer, 0, this.#offset);
    return this.#finished();
  }

  #finished(): Uint8Array | undefined {
    if (this.#have < this.#need || this.#have < this.#headerLength) return undefined;
    const bytes = this.#buffer.subarray(0, this.#need);
    this.#buffer = NOTHING;
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
