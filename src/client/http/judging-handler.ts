import type { Dispatcher } from "undici";
import type { JudgedConnections } from "./judged-connections.ts";

type Handler = Dispatcher.DispatchHandler;
type Told<Name extends keyof Handler> = Parameters<NonNullable<Handler[Name]>>;

/**
 * Has the connections to a server judged when a request is about to go out, which may have waited for one since it was
 * made, and when one is done, so that the next one that waits gets another connection. Everything else is passed on.
 */
export class JudgingHandler implements Handler {
  readonly #handler: Handler;
  readonly #connections: JudgedConnections;
  readonly #address: string;
  readonly #lastEnd: Error | undefined;

  /** `address` is `HOST:PORT`. */
  constructor(handler: Handler, connections: JudgedConnections, address: string) {
    this.#handler = handler;
    this.#connections = connections;
    this.#address = address;
    connections.endDistrusted(address);
    this.#lastEnd = connections.lastEnd(address);
  }

  onRequestStart(...told: Told<"onRequestStart">): void {
    this.#connections.endDistrusted(this.#address);
    this.#handler.onRequestStart?.(...told);
  }

  onBodySent(...told: Told<"onBodySent">): void {
    this.#handler.onBodySent?.(...told);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  onRequestUpgrade(...told: Told<"onRequestUpgrade">): void {
    this.#handler.onRequestUpgrade?.(...told);
  }

  onResponseStart(...told: Told<"onResponseStart">): void {
    this.#handler.onResponseStart?.(...told);
  }

  onResponseData(...told: Told<"onResponseData">): void {
    this.#handler.onResponseData?.(...told);
  }

  onResponseEnd(...told: Told<"onResponseEnd">): void {
    this.#connections.endDistrusted(this.#address);
    this.#handler.onResponseEnd?.(...told);
  }

  /** A connection that we ended looks to undici like one that the server closed. */
  onResponseError(controller: Told<"onResponseError">[0], error: Error): void {
    const end = this.#connections.lastEnd(this.#address);
    const isOurs = end !== undefined && end !== this.#lastEnd && isEnd(error);
    this.#handler.onResponseError?.(controller, isOurs ? end : error);
  }
}

/** What undici says, by protocol and by when it was, of a connection that is gone. */
function isEnd(error: Error): boolean {
  return (
    "code" in error &&
    /^(?:UND_ERR_(?:SOCKET|INFO)$|ERR_HTTP2_|ERR_STREAM_DESTROYED$)/.test(String(error.code))
  );
}
