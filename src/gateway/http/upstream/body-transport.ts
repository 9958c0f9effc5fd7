import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import { type Attempt, newAttempt, UpstreamAgent } from "./agent.ts";
import { MOST_HEAD_BYTES } from "./connection-times.ts";
import { type BodyPump, NO_BODY, type RequestBody } from "../exchange/request-body.ts";
import { FieldList } from "../fields/field-list.ts";
import { toTrailers } from "../fields/request-fields.ts";
import {
  type Exchange,
  failureOfBody,
  failureOfSilence,
  toFailure,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "../exchange/http-upstream.ts";
import type { TransportOptions } from "./transport-options.ts";

/** Requests with a body over HTTP/1.1: trailers, 100 Continue and all else that may come with one. */
export class BodyTransport implements UpstreamTransport {
  readonly #agent: UpstreamAgent;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#agent = new UpstreamAgent(options);
  }

  send(request: UpstreamRequest, listener: UpstreamListener): Exchange {
    const { method, path, fields, body, expectsContinue } = request;
    const headers = [...fields.raw, ...framing(body), ...(expectsContinue ? ["Expect", "100-continue"] : [])];
    const attempt = newAttempt();
    const options = { agent: this.#agent, method, path, headers, maxHeaderSize: MOST_HEAD_BYTES, attempt };
    const sent = httpRequest(options);
    // Their size is bounded; more than a thousand would be left out without a word.
    sent.maxHeadersCount = 0;
    const { headTimeoutMs, idleTimeoutMs } = this.#options;
    sent.setTimeout(headTimeoutMs);
    sent.on("response", () => sent.setTimeout(idleTimeoutMs));
    return new BodyExchange(sent, attempt, body, listener);
  }

  close(): void {
    this.#agent.destroy();
  }
}

const NOTHING = new Uint8Array();

class BodyExchange implements Exchange {
  readonly #request: ClientRequest;
  readonly #attempt: Attempt;
  readonly #listener: UpstreamListener;
  #response: IncomingMessage | undefined;
  #isOver = false;
  #body: BodyPump = NO_BODY;

  constructor(
    request: ClientRequest,
    attempt: Attempt,
    body: RequestBody | undefined,
    listener: UpstreamListener,
  ) {
    this.#request = request;
    this.#attempt = attempt;
    this.#listener = listener;
    // 100 as well: Node tells it twice.
    request.on("information", ({ statusCode, rawHeaders }) =>
      listener.information(statusCode, new FieldList(rawHeaders)),
    );
    request.on("timeout", () => {
      this.#fail(failureOfSilence(this.#body));
      this.#destroy();
    });
    request.on("error", (error) => this.#fail(toFailure(error)));
    request.on("response", (response) => this.#answer(response));
    // An upgrade that nobody asked for ends the connection without an error.
    request.on("close", () => {
      // It may have answered before it took all of the body.
      this.#body.stop();
      if (this.#response === undefined)
        this.#fail({ kind: "broken", error: new Error("the upstream did not answer") });
    });
    this.#body = body === undefined ? NO_BODY : this.#pump(body);
    if (body === undefined) request.end();
  }

  resume(): void {
    this.#response?.resume();
  }

  abort(): void {
    this.#isOver = true;
    this.#body.stop();
    this.#destroy();
  }

  #destroy(): void {
    this.#request.destroy();
    this.#attempt.giveUp();
  }

  #pump(body: RequestBody): BodyPump {
    const request = this.#request;
    // The body may wait for the upstream's 100. `flushHeaders` would say in UTF-8 what came as Latin-1.
    request.write(NOTHING);
    return body.pump({
      stream: request,
      end: (sent) => {
        const trailers = toTrailers(sent);
        if (trailers.size > 0 && isChunked(body)) request.addTrailers(trailers.toPairs());
        request.end();
      },
      fail: (error) => {
        this.#fail(failureOfBody(error));
        this.#destroy();
      },
    });
  }

  #answer(response: IncomingMessage): void {
    if (this.#isOver) return;
    this.#response = response;
    this.#listener.head(
      response.statusCode ?? 502,
      response.statusMessage ?? "",
      new FieldList(response.rawHeaders),
    );
    response.on("data", (chunk: Buffer) => {
      if (!this.#isOver && !this.#listener.data(chunk)) response.pause();
    });
    response.on("end", () => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#listener.end(new FieldList(response.rawTrailers));
      // It answered before it took all of the body: nobody needs the rest, and the connection is of no use any more.
      if (!this.#request.writableFinished) this.#request.destroy();
    });
    response.on("error", (error) => this.#fail(toFailure(error)));
  }

  #fail(failure: ReturnType<typeof toFailure>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body.stop();
    this.#listener.failed(failure);
  }
}

/** RFC 9112 §6.3. Trailers take chunks (§7.1.2): when some were announced, a length gives way to them. */
function framing(body: RequestBody | undefined): readonly string[] {
  if (body === undefined) return [];
  return isChunked(body) ? ["Transfer-Encoding", "chunked"] : ["Content-Length", String(body.length)];
}

function isChunked({ length, announcesTrailers }: RequestBody): boolean {
  return length === undefined || announcesTrailers;
}
