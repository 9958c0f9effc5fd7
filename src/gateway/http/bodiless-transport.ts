import { type Dispatcher, Pool } from "undici";
import {
  type Exchange,
  toFailure,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "./http-upstream.ts";

export interface TransportOptions {
  /** `http://HOST:PORT` */
  readonly origin: string;
  readonly connectTimeoutMs: number;
  /** Until the answer begins. */
  readonly headTimeoutMs: number;
  /** Without a byte either way after that; 0 for no limit. */
  readonly idleTimeoutMs: number;
}

/** Upstreams close idle connections; well before most of them do, we do. */
const KEEP_ALIVE_MS = 4000;
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/**
 * Requests without a body over HTTP/1.1, by undici: at half the cost of `http.request`, which carries all that undici
 * does not (docs/decisions/0018).
 */
export class BodilessTransport implements UpstreamTransport {
  readonly #pool: Pool;

  constructor({ origin, connectTimeoutMs, headTimeoutMs, idleTimeoutMs }: TransportOptions) {
    this.#pool = new Pool(origin, {
      // As many as there are requests: one that waits behind others that never end would never be heard of.
      connections: null,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: connectTimeoutMs },
      headersTimeout: headTimeoutMs,
      bodyTimeout: idleTimeoutMs,
    });
  }

  send(request: UpstreamRequest, listener: UpstreamListener): Exchange {
    return new BodilessExchange(this.#pool, request, listener);
  }

  close(): void {
    void this.#pool.close().catch(() => undefined);
  }
}

class BodilessExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #pool: Pool;
  readonly #options: Dispatcher.DispatchOptions;
  readonly #listener: UpstreamListener;
  #controller: Dispatcher.DispatchController | undefined;
  #isAborted = false;
  #mayRetry: boolean;

  constructor(pool: Pool, { method, path, fields }: UpstreamRequest, listener: UpstreamListener) {
    this.#pool = pool;
    this.#listener = listener;
    this.#mayRetry = IDEMPOTENT.has(method);
    this.#options = { path, method, headers: fields, body: null };
    this.#dispatch();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abort(): void {
    this.#isAborted = true;
    this.#controller?.abort(new Error("the client is gone"));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isAborted) controller.abort(new Error("the client is gone"));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    message?: string,
  ): void {
    if (this.#isAborted) return;
    this.#mayRetry = false;
    const fields = toStrings(controller.rawHeaders);
    if (status < 200) this.#listener.information(status, fields);
    else this.#listener.head(status, toLatin1(message ?? ""), fields);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isAborted && !this.#listener.data(chunk)) controller.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (!this.#isAborted) this.#listener.end(toStrings(controller.rawTrailers));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isAborted) return;
    const failure = toFailure(error);
    // RFC 9112 §9.3.1: a kept connection may be closed just when it is used again.
    if (this.#mayRetry && failure.kind === "broken") {
      this.#mayRetry = false;
      this.#dispatch();
    } else {
      this.#listener.failed(failure);
    }
  }

  #dispatch(): void {
    this.#pool.dispatch(this.#options, this);
  }
}

const NOTHING: readonly string[] = [];

/** As they came: bytes, which are Latin-1 in Node's strings. */
function toStrings(raw: Dispatcher.DispatchController["rawHeaders"]): readonly string[] {
  if (!Array.isArray(raw)) return NOTHING;
  return raw.map((text: Buffer | string) => (typeof text === "string" ? text : text.toString("latin1")));
}

/** undici decodes the reason as UTF-8. */
function toLatin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
