import { toError } from "../../../errors.ts";
import type { Client } from "../../access/allow-list.ts";
import type { CutReason } from "../../../trust/happenings/cut-reason.ts";
import type { FieldList } from "../fields/field-list.ts";
import type { Reply } from "./reply.ts";
import {
  type Exchange,
  failureOfBody,
  failureOfLateBody,
  mayRepeat,
  toFailure,
  type UpstreamFailure,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "./http-upstream.ts";

/** How often one request is sent again, whatever the reasons. */
export const MOST_REPEATS = 2;

/** For silence, in milliseconds. */
export interface ExchangeLimits {
  readonly headTimeoutMs: number;
  /** 0 for no limit. */
  readonly idleTimeoutMs: number;
}

/** Who asked, and for what. */
export interface AskedBy {
  readonly path: string;
  readonly client: Client;
}

/** Between one request's client and the upstream. */
export class RunningExchange implements UpstreamListener, AskedBy {
  readonly path: string;
  readonly client: Client;
  readonly #reply: Reply;
  readonly #transport: UpstreamTransport;
  readonly #request: UpstreamRequest;
  readonly #idleTimeoutMs: number;
  #exchange: Exchange | undefined;
  #stall: NodeJS.Timeout | undefined;
  #repeats = 0;
  #isAnswered = false;
  #isOver = false;

  constructor(
    { path, client }: AskedBy,
    reply: Reply,
    transport: UpstreamTransport,
    request: UpstreamRequest,
    { headTimeoutMs, idleTimeoutMs }: ExchangeLimits,
  ) {
    this.path = path;
    this.client = client;
    this.#reply = reply;
    this.#transport = transport;
    this.#request = request;
    this.#idleTimeoutMs = idleTimeoutMs;
    const { body, expectsContinue } = request;
    if (body === undefined || expectsContinue || !body.isSmall) {
      this.#send();
      return;
    }
    body.gather(headTimeoutMs, (how) => {
      if (how === "whole") this.#send();
      else this.failed(how === "late" ? failureOfLateBody() : failureOfBody(how));
    });
  }

  information(status: number, fields: FieldList): void {
    if (status !== 100) this.#isAnswered = true;
    try {
      this.#reply.information(status, fields);
    } catch (error) {
      this.#broke(error);
    }
  }

  head(status: number, message: string, fields: FieldList, isAll = false): void {
    this.#isAnswered = true;
    this.#request.body?.forget();
    try {
      this.#reply.head(status, message, fields, isAll);
    } catch (error) {
      this.#broke(error);
    }
  }

  data(chunk: Uint8Array): boolean {
    if (this.#reply.data(chunk, this.#resume)) return true;
    // A client that reads nothing keeps the upstream waiting.
    if (this.#idleTimeoutMs > 0) this.#stall = setTimeout(() => this.cut("idle"), this.#idleTimeoutMs);
    return false;
  }

  end(trailers: FieldList): void {
    this.#over();
    this.#reply.end(trailers);
  }

  failed(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    if (this.#maySendAgain(failure)) {
      this.#repeats += 1;
      this.#exchange = undefined;
      // Other connections that ended with this one are known to have by then.
      setImmediate(() => {
        if (!this.#isOver) this.#send();
      });
      return;
    }
    this.#over();
    this.#reply.failBecause(failure);
  }

  /** Ends it without an end. */
  cut(reason: CutReason): void {
    this.#reply.cut(reason);
  }

  clientClosed(): void {
    clearTimeout(this.#stall);
    if (!this.#isOver) this.#exchange?.abort();
    this.#over();
  }

  #send(): void {
    try {
      this.#exchange = this.#transport.send(this.#request, this);
    } catch (error) {
      // What the client's HTTP can say and the upstream's cannot.
      this.failed({ kind: "request", error: toFailure(error).error });
    }
  }

  /** RFC 9110 §9.2.2, RFC 9112 §9.3.1, RFC 9113 §8.7. */
  #maySendAgain(failure: UpstreamFailure): boolean {
    const { method, body } = this.#request;
    return (
      !this.#isAnswered &&
      this.#repeats < MOST_REPEATS &&
      body?.isRepeatable !== false &&
      mayRepeat(method, failure)
    );
  }

  #over(): void {
    this.#isOver = true;
    this.#request.body?.drop();
  }

  readonly #resume = (): void => {
    clearTimeout(this.#stall);
    this.#exchange?.resume();
  };

  /** What the upstream says may be something that HTTP does not let us say. */
  #broke(error: unknown): void {
    this.failed({ kind: "broken", error: toError(error) });
    this.#exchange?.abort();
  }
}
