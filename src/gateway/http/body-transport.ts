import { type ClientRequest, type IncomingMessage, request as httpRequest } from "node:http";
import type { ServerAddress } from "../../client/server-address.ts";
import { UpstreamAgent } from "./agent.ts";
import { type BodyPump, NO_BODY, pumpBody } from "./body-pump.ts";
import { toTrailers } from "./request-fields.ts";
import {
  type Exchange,
  failureOfSilence,
  toFailure,
  type UpstreamBody,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "./http-upstream.ts";

export interface BodyTransportOptions {
  readonly address: ServerAddress;
  readonly connectTimeoutMs: number;
  /** Until the answer begins, without a byte either way. */
  readonly headTimeoutMs: number;
  /** The same after that; 0 for no limit. */
  readonly idleTimeoutMs: number;
}

/** Requests with a body over HTTP/1.1: trailers, 100 Continue and all else that may come with one. */
export class BodyTransport implements UpstreamTransport {
  readonly #agent: UpstreamAgent;
  readonly #options: BodyTransportOptions;

  constructor(options: BodyTransportOptions) {
    this.#options = options;
    this.#agent = new UpstreamAgent(options.connectTimeoutMs);
  }

  send(request: UpstreamRequest, listener: UpstreamListener): Exchange {
    const { host, port } = this.#options.address;
    const { method, path, fields, body, expectsContinue } = request;
    const headers = [...fields, ...framing(body), ...(expectsContinue ? ["Expect", "100-continue"] : [])];
    const sent = httpRequest({ agent: this.#agent, host, port, method, path, headers });
    const { headTimeoutMs, idleTimeoutMs } = this.#options;
    sent.setTimeout(headTimeoutMs);
    sent.on("response", () => sent.setTimeout(idleTimeoutMs));
    return new BodyExchange(sent, body, listener);
  }

  close(): void {
    this.#agent.destroy();
  }
}

const NOTHING = new Uint8Array();

class BodyExchange implements Exchange {
  readonly #request: ClientRequest;
  readonly #listener: UpstreamListener;
  #response: IncomingMessage | undefined;
  #isOver = false;
  readonly #body: BodyPump;

  constructor(request: ClientRequest, body: UpstreamBody | undefined, listener: UpstreamListener) {
    this.#request = request;
    this.#listener = listener;
    request.on("continue", () => listener.information(100, []));
    request.on("information", ({ statusCode, rawHeaders }) => listener.information(statusCode, rawHeaders));
    request.on("timeout", () => {
      this.#fail(failureOfSilence(this.#body));
      request.destroy();
    });
    request.on("error", (error) => this.#fail(toFailure(error)));
    request.on("response", (response) => this.#answer(response));
    // An upgrade that nobody asked for ends the connection without an error.
    request.on("close", () => {
      // It may have answered before it took all of the body.
      this.#body.stop();
      if (this.#response === undefined) this.#fail(toFailure(new Error("the upstream did not answer")));
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
    this.#request.destroy();
  }

  #pump(body: UpstreamBody): BodyPump {
    const request = this.#request;
    // The body may wait for the upstream's 100. `flushHeaders` would say in UTF-8 what came as Latin-1.
    request.write(NOTHING);
    return pumpBody(body, {
      stream: request,
      end: (rawTrailers) => {
        const trailers = toTrailers(rawTrailers);
        if (trailers.length > 0 && isChunked(body)) request.addTrailers(trailers);
        request.end();
      },
      fail: (error) => {
        this.#fail({ kind: "request", error });
        request.destroy();
      },
    });
  }

  #answer(response: IncomingMessage): void {
    if (this.#isOver) return;
    this.#response = response;
    this.#listener.head(response.statusCode ?? 502, response.statusMessage ?? "", response.rawHeaders);
    response.on("data", (chunk: Buffer) => {
      if (!this.#isOver && !this.#listener.data(chunk)) response.pause();
    });
    response.on("end", () => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#listener.end(response.rawTrailers);
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
function framing(body: UpstreamBody | undefined): readonly string[] {
  if (body === undefined) return [];
  return isChunked(body) ? ["Transfer-Encoding", "chunked"] : ["Content-Length", String(body.length)];
}

function isChunked({ length, announcesTrailers }: UpstreamBody): boolean {
  return length === undefined || announcesTrailers;
}
