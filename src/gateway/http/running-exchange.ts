import type { Reply } from "./reply.ts";
import type { Exchange, UpstreamFailure, UpstreamListener } from "./http-upstream.ts";

/** Between one request's client and the upstream. */
export class RunningExchange implements UpstreamListener {
  exchange: Exchange | undefined;
  readonly #reply: Reply;
  readonly #idleTimeoutMs: number;
  #stall: NodeJS.Timeout | undefined;
  #isOver = false;

  constructor(reply: Reply, idleTimeoutMs: number) {
    this.#reply = reply;
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  information(status: number, fields: readonly string[]): void {
    this.#orBroken(() => this.#reply.information(status, fields));
  }

  head(status: number, message: string, fields: readonly string[], isAll = false): void {
    this.#orBroken(() => this.#reply.head(status, message, fields, isAll));
  }

  data(chunk: Uint8Array): boolean {
    if (this.#reply.data(chunk, this.#resume)) return true;
    // A client that reads nothing keeps the upstream waiting.
    if (this.#idleTimeoutMs > 0) this.#stall = setTimeout(this.#stalled, this.#idleTimeoutMs);
    return false;
  }

  end(trailers: readonly string[]): void {
    this.#isOver = true;
    this.#reply.end(trailers);
  }

  failed(failure: UpstreamFailure): void {
    this.#isOver = true;
    this.#reply.failBecause(failure);
  }

  clientClosed(): void {
    clearTimeout(this.#stall);
    if (!this.#isOver) this.exchange?.abort();
    this.#isOver = true;
  }

  readonly #resume = (): void => {
    clearTimeout(this.#stall);
    this.exchange?.resume();
  };

  readonly #stalled = (): void => this.#reply.cut();

  /** What the upstream says may be something that HTTP does not let us say. */
  #orBroken(say: () => void): void {
    try {
      say();
    } catch (error) {
      this.failed({ kind: "broken", error: error instanceof Error ? error : new Error(String(error)) });
      this.exchange?.abort();
    }
  }
}
