import { Socket, type SocketConstructorOpts } from "node:net";
import { hasCode } from "../../errors.ts";
import { keepAlive } from "./keep-alive.ts";

type Written = (error?: Error | null) => void;

/**
 * A connection to an upstream. A write that fails does not end it before what the upstream said is read (RFC 9112 §9.5):
 * who answers early and closes has nearly always said why. After such a write nothing more is written, and there is no
 * 'end': whether all came is not known, as after a reset.
 */
export class UpstreamSocket extends Socket {
  /** By `performance.now()`. */
  readonly openedAt: number = performance.now();
  /** How often something was written. */
  writes = 0;
  #failure: Error | undefined;
  /** Of the write that is under way: there is one at a time. */
  #written: Written | undefined;
  /** Nothing else comes, and what came is to be read yet. */
  #isOver = false;
  #isEnded = false;

  constructor(options: SocketConstructorOpts = {}) {
    super(options);
    this.setNoDelay(true);
    keepAlive(this);
  }

  override _write(chunk: unknown, encoding: BufferEncoding, written: Written): void {
    if (this.#begins(written)) super._write(chunk, encoding, this.#orHold);
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], written: Written): void {
    if (this.#begins(written)) super._writev?.(chunks, this.#orHold);
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk !== null) return super.push(chunk, encoding);
    this.#isEnded = true;
    if (this.#failure === undefined) return super.push(null);
    this.#over();
    return false;
  }

  override read(size?: number): unknown {
    const chunk: unknown = super.read(size);
    if (this.#isOver) this.#over();
    return chunk;
  }

  override destroy(error?: Error): this {
    if (!(error instanceof Error && isReset(error))) return super.destroy(error);
    // undici takes this code behind an answer without a length for that answer's end.
    this.#failure ??= new UpstreamReset(error.message, { cause: error });
    this.#over();
    return this;
  }

  /** Once all that came was read. */
  #over(): void {
    this.#isOver = true;
    if (this.readableLength === 0) process.nextTick(() => super.destroy(this.#failure));
  }

  #begins(written: Written): boolean {
    this.writes += 1;
    this.#written = written;
    return this.#failure === undefined;
  }

  readonly #orHold = (error?: Error | null): void => {
    if (!(error instanceof Error && isLost(error))) {
      this.#written?.(error);
      return;
    }
    this.#failure = error;
    if (this.#isEnded) this.#over();
  };
}

class UpstreamReset extends Error {
  readonly code = "UPSTREAM_RESET";
}

function isLost(error: Error): boolean {
  return hasCode(error, "EPIPE") || hasCode(error, "ECONNRESET");
}

function isReset(error: Error): boolean {
  return hasCode(error, "ECONNRESET");
}
