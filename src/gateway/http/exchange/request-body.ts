import type { Readable, Writable } from "node:stream";
import { FieldList } from "../fields/field-list.ts";

/** More of a body is not kept: it passes while it comes, and cannot be sent again. */
export const MOST_KEPT: number = 16 * 1024;

/** A body that is longer than the listener takes. */
export class BodyTooLong extends Error {
  constructor() {
    super("the request's body is longer than max_body");
  }
}

/** A body as its client sends it. */
export interface BodySource {
  readonly stream: Readable & { readonly rawTrailers: string[] };
  /** Whether it ended as bodies end: a stream of HTTP/2 that is reset says 'end' as well. */
  readonly isWhole: () => boolean;
  /** What the client promised; held to it. */
  readonly length: number | undefined;
  readonly announcesTrailers: boolean;
}

/** Takes a request's body. */
interface BodySink {
  readonly stream: Writable;
  /** All of it was written. */
  end(trailers: FieldList): void;
  /** The body is not as long as was promised, or breaks off: the upstream must not take it for whole. */
  fail(error: Error): void;
}

/** A body on its way. */
export interface BodyPump {
  stop(): void;
  /** Whether it is the client that is waited for. */
  isStarving(): boolean;
}

export const NO_BODY: BodyPump = { stop: () => undefined, isStarving: () => false };

/** How gathering a body ended. */
type Gathered = "whole" | "late" | Error;

/**
 * A request's body on its way to the upstream, at the speed of the slower side. What fits in a few KiB is kept until
 * the upstream answers, so that it can be sent again. Not `pipeline`, since trailers come after the end.
 */
export class RequestBody {
  readonly length: number | undefined;
  /** By a field, or by having come. */
  announcesTrailers: boolean;
  readonly #source: BodySource;
  readonly #maxBytes: number;
  #kept: Uint8Array[] | undefined = [];
  #passed = 0;
  #isEnded = false;
  #isDropped = false;
  #failure: Error | undefined;
  #whole: Uint8Array | undefined;
  #sink: BodySink | undefined;
  #isRead = false;
  #late: NodeJS.Timeout | undefined;
  /** Until it is said how gathering ended. */
  #gathered: ((how: Gathered) => void) | undefined;

  /** A longer one than `maxBytes` fails with `BodyTooLong`, before a byte too many is passed on. */
  constructor(source: BodySource, maxBytes: number = Number.POSITIVE_INFINITY) {
    this.#source = source;
    this.#maxBytes = maxBytes;
    this.length = source.length;
    this.announcesTrailers = source.announcesTrailers;
  }

  /** Whether it is worth waiting for all of it. */
  get isSmall(): boolean {
    return this.length !== undefined && this.length <= MOST_KEPT && !this.announcesTrailers;
  }

  /** All of it, if it was gathered and no trailers came behind it. */
  get whole(): Uint8Array | undefined {
    return this.#whole;
  }

  /** Whether all that passed is still here. */
  get isRepeatable(): boolean {
    return this.#kept !== undefined;
  }

  /** Reads a small one to its end; `late` after so many milliseconds without a byte. */
  gather(timeoutMs: number, gathered: (how: Gathered) => void): void {
    this.#gathered = gathered;
    this.#late = setTimeout(() => this.#settle("late"), timeoutMs);
    this.#read();
  }

  /** Passes all of it on, from its first byte. */
  pump(sink: BodySink): BodyPump {
    const { stream } = this.#source;
    this.#sink = sink;
    const onDrain = (): void => void stream.resume();
    sink.stream.on("drain", onDrain);
    const stop = (): void => {
      sink.stream.off("drain", onDrain);
      if (this.#sink !== sink) return;
      this.#sink = undefined;
      if (!this.#isDropped) stream.pause();
    };
    for (const chunk of this.#kept ?? []) sink.stream.write(chunk);
    if (this.#failure !== undefined) this.#fail(this.#failure);
    else if (this.#isEnded) this.#end();
    else this.#read();
    return { stop, isStarving: () => this.#sink === sink && !this.#isEnded && !stream.isPaused() };
  }

  /** It will not be sent again. */
  forget(): void {
    this.#kept = undefined;
  }

  /** What still comes is thrown away, or the connection would stand still. */
  drop(): void {
    this.forget();
    this.#isDropped = true;
    this.#sink = undefined;
    this.#stopGathering();
    this.#source.stream.resume();
  }

  #stopGathering(): void {
    clearTimeout(this.#late);
    this.#gathered = undefined;
  }

  /** Not a closure in a field of its own: docs/performance.md says what that costs. */
  #progress(): void {
    if (this.#gathered === undefined) return;
    if (this.#failure !== undefined) {
      this.#settle(this.#failure);
    } else if (this.#isEnded) {
      this.announcesTrailers = this.#source.stream.rawTrailers.length > 0;
      if (!this.announcesTrailers) this.#whole = joined(this.#kept ?? []);
      this.#settle("whole");
    } else {
      this.#late?.refresh();
    }
  }

  #settle(how: Gathered): void {
    const gathered = this.#gathered;
    this.#stopGathering();
    gathered?.(how);
  }

  #read(): void {
    const { stream } = this.#source;
    if (!this.#isRead) {
      this.#isRead = true;
      stream.on("error", () => undefined);
      stream.on("data", this.#onData);
      stream.on("end", this.#onEnd);
      stream.on("close", this.#onClose);
      // A stream of HTTP/2 without a byte in it does not wait for anybody to read that.
      if (stream.readableEnded) this.#onEnd();
    }
    stream.resume();
  }

  readonly #onData = (chunk: Uint8Array): void => {
    if (this.#isDropped || this.#failure !== undefined) return;
    this.#passed += chunk.length;
    if (this.#passed > this.#maxBytes) {
      this.#fail(new BodyTooLong());
      return;
    }
    if (this.length !== undefined && this.#passed > this.length) {
      this.#fail(new Error("the request's body is longer than its Content-Length"));
      return;
    }
    if (this.#passed <= MOST_KEPT) this.#kept?.push(chunk);
    else this.forget();
    if (this.#sink !== undefined && !this.#sink.stream.write(chunk)) this.#source.stream.pause();
    this.#progress();
  };

  readonly #onEnd = (): void => {
    if (this.#isDropped || this.#failure !== undefined) return;
    if (!this.#source.isWhole()) {
      this.#fail(new Error("the request's body broke off"));
    } else if (this.length !== undefined && this.#passed < this.length) {
      this.#fail(new Error("the request's body is shorter than its Content-Length"));
    } else {
      this.#isEnded = true;
      this.#end();
      this.#progress();
    }
  };

  readonly #onClose = (): void => {
    if (!this.#isEnded && this.#failure === undefined) this.#fail(new Error("the request's body broke off"));
  };

  #end(): void {
    this.#sink?.end(new FieldList(this.#source.stream.rawTrailers));
  }

  #fail(failure: Error): void {
    this.#failure = failure;
    this.#source.stream.resume();
    this.#sink?.fail(failure);
    this.#progress();
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}
