import { fstatSync, write, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { hasCode, toError } from "../../errors.ts";
import { type Losses, QueuedWriter, type Sink } from "./queued-writer.ts";

/** What waits for a reader that is slow; beyond it lines are lost. */
const MOST_WAITING = 16 * 1024 * 1024;
const LOOK_AGAIN_MS = 5;
/** How long whoever reads a process that ends may take. */
const LAST_WORDS_MS = 1000;

/**
 * The way out of the process to stdout or stderr, which never throws. A verb that ends by itself waits for whoever reads
 * it, and is told at its end what could not be written. A server waits for nobody once it said so by `queue()`.
 */
class WayOut {
  readonly #fd: 1 | 2;
  readonly #name: string;
  #queue: QueuedWriter | undefined;
  #failure: Error | undefined;
  #isClosed = false;
  #isCut = false;
  #onUseless: ((error: Error) => void) | undefined;

  constructor(fd: 1 | 2) {
    this.#fd = fd;
    this.#name = fd === 1 ? "stdout" : "stderr";
  }

  /** Why something could not be written, unless it is that nobody reads any more: `| head -1` is no failure. */
  get failure(): Error | undefined {
    const cause = this.#failure;
    return cause && new Error(`cannot write to ${this.#name}: ${cause.message}`, { cause });
  }

  /** Whether nobody reads any more, or nothing can be written: whoever makes more may stop. */
  get isUseless(): boolean {
    return this.#isClosed || this.#failure !== undefined;
  }

  write(piece: string | Uint8Array): void {
    if (this.#queue === undefined) this.#writeNow(typeof piece === "string" ? Buffer.from(piece) : piece);
    else this.#queue.write(piece);
  }

  /** From now on nobody who reads holds us up, nor ends us. */
  queue(losses: Losses): void {
    if (this.#queue !== undefined) return;
    const queue = new QueuedWriter(this.#sink(), MOST_WAITING, losses);
    this.#queue = queue;
    process.on("exit", () => this.#writeRest(queue));
  }

  /** Calls back once when something cannot be written. */
  onceUseless(listener: (error: Error) => void): void {
    this.#onUseless = listener;
  }

  /** Notes why something else that goes this way cannot. */
  failed(error: Error): void {
    if (isOfReader(error)) this.#isClosed = true;
    else this.#failure ??= error;
  }

  /** Resolves when all is out or lost; says whether that is so, or somebody reads too slowly. */
  async settle(): Promise<boolean> {
    const queue = this.#queue;
    if (queue === undefined) return true;
    queue.tellLost();
    const late = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => late.resolve(false), LAST_WORDS_MS);
    const isDone = await Promise.race([queue.settle().then(() => true), late.promise]);
    clearTimeout(timer);
    return isDone;
  }

  #writeNow(piece: Uint8Array): void {
    const bytes = this.#isCut ? Buffer.concat([Buffer.from("\n"), piece]) : piece;
    let at = 0;
    try {
      while (at < bytes.length) {
        const written = writeSome(this.#fd, bytes, at);
        at += written;
        if (written === 0) Atomics.wait(CLOCK, 0, 0, LOOK_AGAIN_MS);
      }
      this.#isCut = false;
    } catch (error) {
      if (at > 0) this.#isCut = true;
      this.failed(toError(error));
    }
  }

  #writeRest(queue: QueuedWriter): void {
    const rest = queue.takeWaiting();
    try {
      for (let at = 0; at < rest.length;) {
        const written = writeSome(this.#fd, rest, at);
        if (written === 0) return;
        at += written;
      }
    } catch {
      // There is nobody left to tell.
    }
  }

  #sink(): Sink {
    const fd = this.#fd;
    const stat = fstatSync(fd);
    if (stat.isFile() || (stat.isCharacterDevice() && !isatty(fd))) {
      return (bytes, done) =>
        writeToFile(fd, bytes, 0, (error, written) => this.#heard(error, written, done));
    }
    const stream = fd === 1 ? process.stdout : process.stderr;
    stream.on("error", () => undefined);
    return (bytes, done) => stream.write(bytes, (error) => this.#heard(error ?? null, 0, done));
  }

  #heard(error: Error | null, written: number, done: Parameters<Sink>[1]): void {
    if (error !== null) {
      this.#onUseless?.(error);
      this.#onUseless = undefined;
    }
    done(error, written);
  }
}

export const stdout: WayOut = new WayOut(1);
export const stderr: WayOut = new WayOut(2);

/** Whether it is that nobody reads any more. */
export function isOfReader(error: Error): boolean {
  return hasCode(error, "EPIPE");
}

const CLOCK = new Int32Array(new SharedArrayBuffer(4));

/** How many bytes were taken; 0 where a pipe is full. */
function writeSome(fd: number, bytes: Uint8Array, at: number): number {
  try {
    return writeSync(fd, bytes, at);
  } catch (error) {
    if (hasCode(error, "EAGAIN")) return 0;
    throw error;
  }
}

function writeToFile(fd: number, bytes: Uint8Array, at: number, done: Parameters<Sink>[1]): void {
  write(fd, bytes, at, (error, written) => {
    if (error !== null) done(error, at);
    else if (at + written < bytes.length) writeToFile(fd, bytes, at + written, done);
    else done(null, bytes.length);
  });
}
