import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import { type BodyPump, NO_BODY, pumpBody } from "./http-body-pump.ts";
import type { TransportOptions } from "./http-bodiless-transport.ts";
import { toTrailers } from "./http-request-fields.ts";
import {
  type Exchange,
  failureOfSilence,
  toFailure,
  UpstreamTimeout,
  type UpstreamFailure,
  type UpstreamListener,
  type UpstreamRequest,
  type UpstreamTransport,
} from "./http-upstream.ts";

/** Over HTTP/2 without TLS, with prior knowledge (RFC 9113 §3.3): streams of as few connections as will do. */
export class H2cTransport implements UpstreamTransport {
  readonly #options: TransportOptions;
  readonly #sessions = new Map<ClientHttp2Session, Load>();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  send(request: UpstreamRequest, listener: UpstreamListener): Exchange {
    const { session, load } = this.#session();
    const { body, expectsContinue } = request;
    const headers = toHttp2Headers(request, expectsContinue);
    const stream = session.request(headers, {
      endStream: body === undefined,
      waitForTrailers: body !== undefined,
    });
    load.streams += 1;
    stream.once("close", () => {
      load.streams -= 1;
    });
    const { headTimeoutMs, idleTimeoutMs } = this.#options;
    stream.setTimeout(headTimeoutMs);
    stream.on("response", () => stream.setTimeout(idleTimeoutMs));
    return new H2cExchange(stream, request, listener);
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.close();
    this.#sessions.clear();
  }

  #session(): { readonly session: ClientHttp2Session; readonly load: Load } {
    for (const [session, load] of this.#sessions) {
      const most = session.remoteSettings?.maxConcurrentStreams ?? 100;
      if (load.streams < most && !session.closed && !session.destroyed) return { session, load };
    }
    const { origin, connectTimeoutMs } = this.#options;
    const session = connect(origin, { settings: { enablePush: false } });
    const load: Load = { streams: 0 };
    this.#sessions.set(session, load);
    const forget = (): void => void this.#sessions.delete(session);
    const timer = setTimeout(() => {
      session.destroy(new UpstreamTimeout(`no connection within ${connectTimeoutMs} ms`));
    }, connectTimeoutMs);
    session.once("connect", () => clearTimeout(timer));
    session.on("goaway", forget);
    session.on("error", () => undefined);
    session.on("close", () => {
      clearTimeout(timer);
      forget();
    });
    return { session, load };
  }
}

interface Load {
  streams: number;
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
    stream.on("response", (headers, _flags, raw) => {
      if (!this.#isOver) listener.head(Number(headers[":status"]), "", withoutPseudo(raw ?? []));
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
    stream.on("close", () => this.#fail(toFailure(new Error("the upstream closed the stream"))));
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
        stream.once("wantTrailers", () => stream.sendTrailers(Object.fromEntries(trailers)));
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

/** RFC 9113 §8.3.1: the authority is a pseudo field, names are in lower case. */
function toHttp2Headers(
  request: UpstreamRequest,
  expectsContinue: boolean,
): Record<string, string | string[]> {
  const { method, path, fields, body } = request;
  const headers: Record<string, string | string[]> = Object.create(null);
  headers[":method"] = method;
  headers[":scheme"] = "http";
  headers[":path"] = path;
  headers[":authority"] = fields[1] ?? "";
  for (let at = 2; at < fields.length; at += 2) {
    const name = (fields[at] ?? "").toLowerCase();
    const value = fields[at + 1] ?? "";
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (typeof before === "string") headers[name] = [before, value];
    else before.push(value);
  }
  if (body?.length !== undefined) headers["content-length"] = String(body.length);
  if (expectsContinue) headers["expect"] = "100-continue";
  return headers;
}

function withoutPseudo(raw: readonly string[]): readonly string[] {
  return raw.filter((_, at) => !(raw[at - (at % 2)] ?? "").startsWith(":"));
}
