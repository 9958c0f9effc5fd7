import { type ClientHttp2Stream, constants } from "node:http2";
import { type BodyPump, NO_BODY, pumpBody } from "./body-pump.ts";
import type { TransportOptions } from "./bodiless-transport.ts";
import { type H2cSessions, toHttp2Request, withoutPseudo } from "./h2c-sessions.ts";
import { type Http2Fields, toHttp2Fields } from "./http2-fields.ts";
import { toTrailers } from "./request-fields.ts";
import {
  type Exchange,
  failureOfSilence,
  toFailure,
  type UpstreamFailure,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "./http-upstream.ts";

/** Over HTTP/2 without TLS, with prior knowledge (RFC 9113 §3.3): streams of as few connections as will do. */
export class H2cTransport implements UpstreamTransport {
  readonly #options: TransportOptions;
  readonly #sessions: H2cSessions;

  constructor(options: TransportOptions, sessions: H2cSessions) {
    this.#options = options;
    this.#sessions = sessions;
  }

  send(request: UpstreamRequest, listener: UpstreamListener): Exchange {
    const { body, expectsContinue } = request;
    const stream = this.#sessions.request(this.#sessions.pick(), toHttp2Headers(request, expectsContinue), {
      endStream: body === undefined,
      waitForTrailers: body !== undefined,
    });
    const { headTimeoutMs, idleTimeoutMs } = this.#options;
    stream.setTimeout(headTimeoutMs);
    stream.on("response", () => stream.setTimeout(idleTimeoutMs));
    return new H2cExchange(stream, request, listener);
  }

  close(): void {
    this.#sessions.close();
  }
}

class H2cExchange implements Exchange {
  readonly #stream: ClientHttp2Stream;
  readonly #listener: UpstreamListener;
  readonly #body: BodyPump = NO_BODY;
  #trailers: readonly string[] = [];
  #isOver = false;

  constructor(stream: ClientHttp2Stream, request: UpstreamRequest, listener: UpstreamListener) {
    this.#stream = stream;
    this.#listener = listener;
    stream.on("headers", (headers, _flags, raw) => {
      listener.information(Number(headers[":status"]), withoutPseudo(raw ?? []));
    });
    stream.on("response", (headers, flags, raw) => {
      const isAll = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      if (!this.#isOver) listener.head(Number(headers[":status"]), "", withoutPseudo(raw ?? []), isAll);
    });
    stream.on("trailers", (_headers, _flags, raw) => {
      this.#trailers = raw ?? [];
    });
    stream.on("data", (chunk: Buffer) => {
      if (!this.#isOver && !listener.data(chunk)) stream.pause();
    });
    stream.on("timeout", () => {
      this.#fail(failureOfSilence(this.#body));
      stream.close(constants.NGHTTP2_CANCEL);
    });
    stream.on("end", () => this.#end());
    // What ended the connection is the cause of what ended its streams.
    stream.on("error", (error) => this.#fail(toFailure(error.cause ?? error)));
    stream.on("close", () => {
      // It may have answered before it took all of the body.
      this.#body.stop();
      this.#fail(toFailure(new Error("the upstream closed the stream")));
    });
    if (request.body !== undefined) this.#body = this.#pump(request.body);
  }

  resume(): void {
    this.#stream.resume();
  }

  abort(): void {
    this.#isOver = true;
    this.#body.stop();
    this.#stream.close(constants.NGHTTP2_CANCEL);
  }

  #pump(body: NonNullable<UpstreamRequest["body"]>): BodyPump {
    const stream = this.#stream;
    return pumpBody(body, {
      stream,
      end: (rawTrailers) => {
        const trailers = toTrailers(rawTrailers);
        stream.once("wantTrailers", () => stream.sendTrailers(toHttp2Fields(trailers.flat())));
        stream.end();
      },
      fail: (error) => {
        this.#fail({ kind: "request", error });
        stream.close(constants.NGHTTP2_CANCEL);
      },
    });
  }

  /** A stream that was reset ends as well. */
  #end(): void {
    if (this.#isOver || this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR || this.#stream.aborted) return;
    this.#isOver = true;
    this.#listener.end(this.#trailers);
  }

  #fail(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body.stop();
    this.#listener.failed(failure);
  }
}

function toHttp2Headers(request: UpstreamRequest, expectsContinue: boolean): Http2Fields {
  const { method, path, fields, body } = request;
  const headers = toHttp2Request(fields);
  headers[":method"] = method;
  headers[":path"] = path;
  if (body?.length !== undefined) headers["content-length"] = String(body.length);
  if (expectsContinue) headers["expect"] = "100-continue";
  return headers;
}
