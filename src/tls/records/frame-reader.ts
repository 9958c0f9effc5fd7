import { HandclaspError } from "../../errors.ts";

/** One unit of a stream, header and all, and where in the stream it begins. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly offset: number;
  /** Which of the bytes nobody saw: they are zeros here. */
  readonly hole?: Hole;
  /** How long the body was of a frame that was too long to be kept: `bytes` is its header alone. */
  readonly skipped?: number;
}

/** From the one byte up to the other, counted from where the frame begins. */
export interface Hole {
  readonly from: number;
  readonly to: number;
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
  readonly #maxBody: number;
  /** What was pushed last, and how much of it is read. */
  #chunk: Uint8Array = NOTHING;
  #at = 0;
  #buffer: Uint8Array = NOTHING;
  #have = 0;
  /** Of the frame under way; its header's length until that is complete. */
  #need: number;
  #offset = 0;
  #hole: Hole | undefined;
  /** Of a body that is too long to be kept its length, and how much of it is still to come. */
  #skipped: number | undefined;
  #toSkip = 0;
  /** Whether a gap was the end of a frame: no byte has to come for it. */
  #isDue = false;
  #failure: unknown;

  /** A body longer than `maxBody` is passed over. */
  constructor(headerLength: number, bodyLength: BodyLength, maxBody: number = Infinity) {
    this.#headerLength = headerLength;
    this.#bodyLength = bodyLength;
    this.#maxBody = maxBody;
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

  /**
   * `length` bytes are missing where the next would have come. True when they all belong to the frame under way,
   * which goes on behind them; else it is dropped, and `restart` has to say where the next one begins.
   */
  gap(length: number): boolean {
    if (this.#skipped !== undefined) {
      this.#toSkip -= length;
      this.#isDue = this.#toSkip === 0;
      return this.#toSkip >= 0;
    }
    const end = this.#have + length;
    if (this.#have < this.#headerLength || end > this.#need) return false;
    this.#reserve(end);
    this.#hole = { from: this.#hole?.from ?? this.#have, to: end };
    this.#have = end;
    this.#isDue = end === this.#need;
    return true;
  }

  /** Forgets the frame under way: the next byte begins a frame, and is at this offset of the stream. */
  restart(offset: number): void {
    this.#begin();
    this.#offset = offset;
  }

  /** The next frame that ends in what was pushed; undefined when there is none. After an error each call throws it again. */
  next(): Frame | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      while (this.#at < this.#chunk.length || this.#isDue) {
        const bytes = this.#skipped === undefined ? (this.#cut() ?? this.#fill()) : this.#skip();
        if (bytes !== undefined) return this.#frame(bytes);
      }
    } catch (error) {
      this.#failure = error;
      throw error;
    }
    this.#chunk = NOTHING;
    this.#at = 0;
    return undefined;
  }

  #frame(bytes: Uint8Array): Frame {
    const offset = this.#offset;
    this.#offset += bytes.length;
    const hole = this.#hole;
    const skipped = this.#skipped;
    if (hole === undefined && skipped === undefined) return { bytes, offset };
    this.#offset += skipped ?? 0;
    this.#begin();
    return { bytes, offset, ...(hole && { hole }), ...(skipped !== undefined && { skipped }) };
  }

  #begin(): void {
    this.#buffer = NOTHING;
    this.#have = 0;
    this.#need = this.#headerLength;
    this.#hole = undefined;
    this.#skipped = undefined;
    this.#toSkip = 0;
    this.#isDue = false;
  }

  /** The next frame, when the chunk holds all of it. */
  #cut(): Uint8Array | undefined {
    const [chunk, at] = [this.#chunk, this.#at];
    if (this.#have > 0 || chunk.length - at < this.#headerLength) return undefined;
    const length = this.#bodyLength(chunk, at, this.#offset);
    const end = at + this.#headerLength + length;
    if (end > chunk.length || length > this.#maxBody) return undefined;
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
    if (this.#have === this.#headerLength && this.#need === this.#headerLength) {
      const length = this.#bodyLength(this.#buffer, 0, this.#offset);
      if (length <= this.#maxBody) this.#need += length;
      else this.#skipped = this.#toSkip = length;
    }
    return this.#skipped === undefined ? this.#finished() : undefined;
  }

  /** Passes over the body under way; the header alone when that was its end. */
  #skip(): Uint8Array | undefined {
    const taken = Math.min(this.#toSkip, this.#chunk.length - this.#at);
    this.#at += taken;
    this.#toSkip -= taken;
    return this.#toSkip > 0 ? undefined : this.#buffer.subarray(0, this.#have);
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
      Math.max(length, Math.min(this.#need, Math.max(4 * length, FIRST_CAPACITY))),
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
