/** Writes all of it and calls back; with an error, and how many bytes went out, when it cannot. */
export type Sink = (bytes: Uint8Array, done: (error: Error | null, written: number) => void) => void;

export interface Losses {
  /** Told when pieces begin to be lost, and why. */
  readonly onLosing: (why: string) => void;
  /** Told how many were lost as soon as something was written again, and at the end. */
  readonly onLost: (count: number, why: string) => void;
}

type Piece = string | Uint8Array;

const TOO_SLOW = "whoever reads it is too slow";
const LINE_FEED = Buffer.from("\n");

/**
 * Writes pieces one after another without waiting: who reads slowly, or not at all, holds nobody up. What does not fit
 * into memory, or cannot be written, is lost and counted. A line that was cut off stays one of its own.
 */
export class QueuedWriter {
  readonly #sink: Sink;
  readonly #mostBytes: number;
  readonly #losses: Losses;
  #waiting: Piece[] = [];
  #waitingBytes = 0;
  #isWriting = false;
  #isCut = false;
  /** Bytes of a binary format went out in part: whatever followed would be misread. */
  #isSpoilt = false;
  #lost = 0;
  #why = "";
  #settled: PromiseWithResolvers<void> | undefined;

  constructor(sink: Sink, mostBytes: number, losses: Losses) {
    this.#sink = sink;
    this.#mostBytes = mostBytes;
    this.#losses = losses;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.#waitingBytes;
  }

  write(piece: Piece): void {
    const size = piece.length;
    if (this.#isSpoilt) return this.#lose(1, this.#why);
    if (this.#waitingBytes > 0 && this.#waitingBytes + size > this.#mostBytes) return this.#lose(1, TOO_SLOW);
    this.#waiting.push(piece);
    this.#waitingBytes += size;
    this.#writeNext();
  }

  /** Resolves when nothing waits any more: all was written or lost. */
  async settle(): Promise<void> {
    if (!this.#isWriting) return;
    this.#settled ??= Promise.withResolvers();
    await this.#settled.promise;
  }

  /** What was not even begun to be written, for whoever has no time left. */
  takeWaiting(): Uint8Array {
    const bytes = join(this.#waiting);
    this.#waiting = [];
    return bytes;
  }

  /** Tells of what was lost since it was last told. */
  tellLost(): void {
    const count = this.#lost;
    if (count === 0) return;
    this.#lost = 0;
    this.#losses.onLost(count, this.#why);
  }

  #writeNext(): void {
    if (this.#isWriting) return;
    if (this.#waiting.length === 0) {
      this.#settled?.resolve();
      this.#settled = undefined;
      return;
    }
    const pieces = this.#waiting;
    this.#waiting = [];
    this.#isWriting = true;
    const isCut = this.#isCut;
    const bytes = join(isCut ? [LINE_FEED, ...pieces] : pieces);
    this.#sink(bytes, (error, written) => {
      this.#isWriting = false;
      this.#waitingBytes -= pieces.reduce((sum, piece) => sum + piece.length, 0);
      if (error === null) {
        this.#isCut = false;
        this.tellLost();
      } else this.#failed(pieces, written - (isCut ? 1 : 0), error);
      this.#writeNext();
    });
  }

  #failed(pieces: readonly Piece[], written: number, error: Error): void {
    let at = 0;
    let lost = 0;
    for (const piece of pieces) {
      const size = Buffer.byteLength(piece);
      if (at < written && written < at + size) {
        this.#isCut = true;
        if (typeof piece !== "string") this.#isSpoilt = true;
      }
      at += size;
      if (at > written) lost += 1;
    }
    this.#lose(lost, error.message);
  }

  #lose(count: number, why: string): void {
    const isFirst = this.#lost === 0;
    this.#lost += count;
    this.#why = why;
    if (isFirst) this.#losses.onLosing(why);
  }
}

function join(pieces: readonly Piece[]): Uint8Array {
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece)));
}
