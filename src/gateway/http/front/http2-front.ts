import {
  constants,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { connectionOf } from "../../../guard/connection/peer-of.ts";
import type { HttpForwarder } from "../forwarding/forwarder.ts";
import { Http2Reply, type Http2ReplyOptions } from "../replies/http2-reply.ts";
import type { Http2Sessions } from "./http2-sessions.ts";
import { isOfProtocol } from "./malformed-request.ts";
import { FieldList } from "../fields/field-list.ts";
import type { RequestHead } from "../fields/request-target.ts";

/** As Node reads it over HTTP/1.1. */
const EXPECTS_CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;

/** Where a stream's trailers are once its body has ended, as with a request of HTTP/1.1. */
type BodyStream = ServerHttp2Stream & { rawTrailers: string[] };

/**
 * Takes requests of HTTP/2 as streams, and not as Node's imitations of HTTP/1.1, which cost as much as all the rest
 * (docs/decisions/0035).
 */
export class Http2Front {
  readonly #forwarder: HttpForwarder;
  readonly #sessions: Http2Sessions;
  readonly #options: Http2ReplyOptions;

  constructor(forwarder: HttpForwarder, sessions: Http2Sessions) {
    this.#forwarder = forwarder;
    this.#sessions = sessions;
    this.#options = { ends: sessions, hasTrailersWhenSized: forwarder.speaksHttp2 };
  }

  /** Answers all streams of a server. What did not come through its guard is refused. */
  attach(server: Http2SecureServer): void {
    server.on("stream", (stream: ServerHttp2Stream, headers, _flags, raw: string[]) =>
      this.#take(stream, headers, raw),
    );
    server.on("sessionError", (error, session) => {
      if (isOfProtocol(error)) this.#forwarder.teller.malformed(error, connectionOf(session), undefined);
    });
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, raw: string[]): void {
    const { ":method": method = "", ":path": target = "" } = headers;
    const { session } = stream;
    // A stream forgets its session when it closes.
    const head = {
      method,
      target,
      version: "2.0",
      fields: new FieldList(raw),
      pseudo: headers,
      connection: connectionOf(session),
    };
    const reply = new Http2Reply(stream, method, this.#options);
    const tell = this.#forwarder.teller.begin(head, reply);
    const closed = this.#sessions.opened(session);
    let over: (() => void) | undefined;
    stream.on("error", ignore);
    stream.on("close", () => {
      closed();
      tell();
      over?.();
    });
    over = method === "CONNECT" ? this.#connect(stream, head, reply) : this.#serve(stream, head, reply);
  }

  #serve(stream: ServerHttp2Stream, head: RequestHead, reply: Http2Reply): (() => void) | undefined {
    const expects = head.pseudo?.["expect"];
    const expectsContinue = expects !== undefined && EXPECTS_CONTINUE.test(expects);
    const vetted = expects === undefined || expectsContinue ? this.#forwarder.judge.vet(head) : 417;
    if (typeof vetted === "number") {
      reply.fail(vetted);
      return undefined;
    }
    if (stream.endAfterHeaders) return this.#forwarder.send(vetted, { method: head.method }, reply);
    const { contentLength: length, announcesTrailers } = vetted.fields;
    const isWhole = (): boolean => !stream.aborted;
    const body = { stream: withTrailers(stream), length, announcesTrailers, isWhole };
    return this.#forwarder.send(vetted, { method: head.method, body, expectsContinue }, reply);
  }

  /** RFC 8441; without a protocol it is a tunnel to anywhere, which this is not for. */
  #connect(stream: ServerHttp2Stream, head: RequestHead, reply: Http2Reply): (() => void) | undefined {
    const protocol = head.pseudo?.[":protocol"];
    const vetted = protocol === undefined ? 405 : this.#forwarder.judge.vet(head);
    if (typeof vetted === "number" || protocol !== "websocket") {
      reply.fail(typeof vetted === "number" ? vetted : 501);
      return undefined;
    }
    const over = this.#forwarder.runs(vetted, () => stream.close(constants.NGHTTP2_CANCEL));
    this.#forwarder.upgrades.fromHttp2(stream, reply, vetted.path, vetted.fields.list);
    return over;
  }
}

function withTrailers(stream: ServerHttp2Stream): BodyStream {
  const body: BodyStream = Object.assign(stream, { rawTrailers: [] });
  stream.on("trailers", (_headers: unknown, _flags: unknown, raw: string[]) => {
    body.rawTrailers = raw;
  });
  return body;
}

/** 'close' follows. */
function ignore(): void {}
