import { type ClientHttp2Stream, constants } from "node:http2";
import type { H2cConnection } from "./h2c-connection.ts";
import type { H2cSessions } from "./h2c-sessions.ts";
import { FieldList } from "../fields/field-list.ts";
import { type Http2Fields, toHttp2Fields, toHttp2Request, withoutPseudo } from "../fields/http2-fields.ts";
import { type BodyPump, NO_BODY, type RequestBody } from "../exchange/request-body.ts";
import { toTrailers } from "../fields/request-fields.ts";
import {
  type Exchange,
  failureOfBody,
  failureOfSilence,
  mayRepeat,
  toFailure,
  type UpstreamFailure,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "../exchange/http-upstream.ts";
import type { TransportOptions } from "./transport-options.ts";

const NO_FIELDS = new FieldList();
/** A connection that is gone, whatever was sent on it. */
const ENDED: UpstreamFailure = {
  kind: "broken",
  error: new Error("the connection ended"),
  repeats: "idempotent",
};

/** Over HTTP/2 without TLS, with prior knowledge (RFC 9113 §3.3): streams of as few connections as will do. */
export class H2cTransport implements UpstreamTransport {
  readonly #options: TransportOptions;
  readonly #sessions: H2cSessions;

  constructor(options: TransportOptions, sessions: H2cSessions) {
    this.#options = options;
    this.#sessions = sessions;
  }

  send(request: UpstreamRequest, listener: UpstreamListener): Exchange {
    return new H2cExchange(this.#sessions, this.#options, request, listener);
  }

  close(): void {
    this.#sessions.close();
  }
}

class H2cExchange implements Exchange {
  readonly #options: TransportOptions;
  readonly #request: UpstreamRequest;
  readonly #listener: UpstreamListener;
  #stopWaiting: () => void = () => undefined;
  #connection: H2cConnection | undefined;
  #stream: ClientHttp2Stream | undefined;
  #heardBefore = 0;
  #body: BodyPump = NO_BODY;
  #trailers = NO_FIELDS;
  #isAnswered = false;
  #isOver = false;

  constructor(
    sessions: H2cSessions,
    options: TransportOptions,
    request: UpstreamRequest,
    listener: UpstreamListener,
  ) {
    this.#options = options;
    this.#request = request;
    this.#listener = listener;
    const stopWaiting = sessions.acquire((error, connection) => {
      if (connection === undefined) this.#fail(toFailure(error));
      else if (connection.isSettled || mayRepeat(request.method, ENDED)) this.#ask(connection);
      else this.#waitFor(connection);
    });
    // The connection may have been there at once.
    if (this.#connection === undefined) this.#stopWaiting = stopWaiting;
  }

  resume(): void {
    this.#stream?.resume();
  }

  abort(): void {
    this.#isOver = true;
    this.#body.stop();
    if (this.#stream === undefined) this.#stopWaiting();
    else this.#giveUp(this.#stream);
  }

  /** What must not be done twice is sent when somebody is there: until then it can be sent elsewhere. */
  #waitFor(connection: H2cConnection): void {
    this.#connection = connection;
    this.#stopWaiting = connection.whenSettled(this.#options.headTimeoutMs, (failure) => {
      if (failure === undefined) this.#ask(connection);
      else this.#fail(failure);
    });
  }

  #ask(connection: H2cConnection): void {
    const { body } = this.#request;
    let stream: ClientHttp2Stream;
    try {
      stream = connection.request(toHttp2Headers(this.#request), {
        endStream: body === undefined,
        waitForTrailers: body !== undefined && body.whole === undefined,
      });
    } catch (error) {
      // What the client's HTTP can say and the upstream's cannot.
      this.#fail({ kind: "request", error: toFailure(error).error });
      return;
    }
    this.#connection = connection;
    this.#heardBefore = connection.heard;
    this.#stream = stream;
    this.#listen(stream, connection);
    if (body?.whole !== undefined) stream.end(body.whole);
    else if (body !== undefined) this.#body = this.#pump(body, stream);
  }

  #listen(stream: ClientHttp2Stream, connection: H2cConnection): void {
    const listener = this.#listener;
    stream.setTimeout(this.#options.headTimeoutMs);
    stream.on("headers", (headers, _flags, raw) => {
      if (!this.#isOver) listener.information(Number(headers[":status"]), withoutPseudo(raw ?? []));
    });
    stream.on("response", (headers, flags, raw) => {
      this.#isAnswered = true;
      stream.setTimeout(this.#options.idleTimeoutMs);
      const isAll = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      if (!this.#isOver) listener.head(Number(headers[":status"]), "", withoutPseudo(raw ?? []), isAll);
    });
    stream.on("trailers", (_headers, _flags, raw) => {
      this.#trailers = new FieldList(raw);
    });
    stream.on("data", (chunk: Buffer) => {
      if (!this.#isOver && !listener.data(chunk)) stream.pause();
    });
    stream.on("timeout", () => {
      const failure = failureOfSilence(this.#body);
      this.#giveUp(stream);
      this.#fail(failure);
    });
    stream.on("end", () => this.#end(stream));
    stream.on("error", (error) => this.#fail(connection.failureOf(stream, error)));
    stream.on("close", () => {
      // It may have answered before it took all of the body.
      this.#body.stop();
      if (this.#isOver) return;
      this.#fail(connection.failureOf(stream, new Error("the upstream closed the stream")));
    });
  }

  #pump(body: RequestBody, stream: ClientHttp2Stream): BodyPump {
    return body.pump({
      stream,
      end: (sent) => {
        const trailers = toTrailers(sent);
        stream.once("wantTrailers", () => stream.sendTrailers(toHttp2Fields(trailers)));
        stream.end();
      },
      fail: (error) => {
        this.#fail(failureOfBody(error));
        stream.close(constants.NGHTTP2_CANCEL);
      },
    });
  }

  #giveUp(stream: ClientHttp2Stream): void {
    stream.close(constants.NGHTTP2_CANCEL);
    if (!this.#isAnswered) this.#connection?.unanswered(this.#heardBefore);
  }

  /** A stream that was reset ends as well. */
  #end(stream: ClientHttp2Stream): void {
    // Nor is it an answer when it was closed without a head: 'close' follows.
    if (this.#isOver || !this.#isAnswered || stream.rstCode !== constants.NGHTTP2_NO_ERROR || stream.aborted)
      return;
    this.#isOver = true;
    this.#body.stop();
    this.#listener.end(this.#trailers);
  }

  #fail(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body.stop();
    this.#listener.failed(failure);
  }
}

function toHttp2Headers({ method, path, fields, body, expectsContinue }: UpstreamRequest): Http2Fields {
  const headers = toHttp2Request(fields);
  headers[":method"] = method;
  headers[":path"] = path;
  if (body?.length !== undefined) headers["content-length"] = String(body.length);
  if (expectsContinue) headers["expect"] = "100-continue";
  return headers;
}
