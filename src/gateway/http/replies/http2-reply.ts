import { STATUS_CODES } from "node:http";
import { constants, type ServerHttp2Stream } from "node:http2";
import { toHttp2Fields } from "../fields/http2-fields.ts";
import { STATUS_OF_FAILURE, type UpstreamFailure } from "../exchange/http-upstream.ts";
import { endToEnd, type Reply } from "../exchange/reply.ts";
import type { FieldList } from "../fields/field-list.ts";
import { toTrailers } from "../fields/request-fields.ts";

/** Sends the ends of answers, some of them later. */
export interface AnswerEnds {
  end(stream: ServerHttp2Stream, send: (stream: ServerHttp2Stream) => void): void;
}

export interface Http2ReplyOptions {
  readonly ends: AnswerEnds;
  /** Whether trailers may follow an answer that says how long it is: not from HTTP/1.1. */
  readonly hasTrailersWhenSized: boolean;
}

const WAIT_FOR_TRAILERS = { waitForTrailers: true };
/** Without a body, whatever comes. RFC 9110 §6.4.1. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Answers on one stream of HTTP/2. */
export class Http2Reply implements Reply {
  readonly #stream: ServerHttp2Stream;
  readonly #method: string;
  readonly #options: Http2ReplyOptions;
  #hasBody = false;
  #isEnded = false;
  status: number | undefined;
  failure: UpstreamFailure | undefined;

  constructor(stream: ServerHttp2Stream, method: string, options: Http2ReplyOptions) {
    this.#stream = stream;
    this.#method = method;
    this.#options = options;
  }

  information(status: number, sent: FieldList): void {
    if (this.status !== undefined || this.#isOver) return;
    this.#stream.additionalHeaders({ ":status": status, ...toHttp2Fields(endToEnd(sent).list) });
  }

  head(status: number, _message: string, sent: FieldList, isAll = false): void {
    if (this.#isOver) return;
    const { list, isSized } = endToEnd(sent);
    const fields = list.raw;
    // Sent first all the same, as pseudo fields are.
    fields.push(":status", String(status));
    if (isAll || this.#method === "HEAD" || BODILESS.has(status)) {
      // In one frame with its end: gRPC takes a status without a body for one only then.
      this.#options.ends.end(this.#stream, (stream) => stream.respond(fields, { endStream: true }));
    } else {
      const waitForTrailers = this.#options.hasTrailersWhenSized || !isSized;
      this.#stream.respond(fields, waitForTrailers ? WAIT_FOR_TRAILERS : undefined);
      this.#hasBody = true;
    }
    this.status = status;
  }

  data(chunk: Uint8Array, onDrain: () => void): boolean {
    const stream = this.#stream;
    if (!this.#hasBody || this.#isOver) return true;
    if (stream.write(chunk)) return true;
    stream.once("drain", onDrain);
    return false;
  }

  end(sent: FieldList): void {
    this.#isEnded = true;
    if (!this.#hasBody) return;
    const trailers = toTrailers(sent);
    if (trailers.size > 0) {
      const fields = toHttp2Fields(trailers);
      this.#stream.once("wantTrailers", () => this.#stream.sendTrailers(fields));
    }
    this.#options.ends.end(this.#stream, endStream);
  }

  fail(status: number): void {
    if (this.status !== undefined || this.#isOver) {
      this.cut();
      return;
    }
    this.status = status;
    this.#isEnded = true;
    const stream = this.#stream;
    // Of a body that still comes nothing is read. RFC 9113 §8.1.
    if (!stream.readableEnded && !stream.endAfterHeaders) {
      stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
    }
    const text = `${status} ${STATUS_CODES[status] ?? ""}\n`;
    const fields = {
      ":status": status,
      "content-type": "text/plain; charset=utf-8",
      "content-length": text.length,
    };
    this.#options.ends.end(stream, () => {
      stream.respond(fields, { endStream: this.#method === "HEAD" });
      if (this.#method !== "HEAD") stream.end(text);
    });
  }

  failBecause(failure: UpstreamFailure): void {
    this.failure = failure;
    this.fail(STATUS_OF_FAILURE[failure.kind]);
  }

  cut(): void {
    if (!this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  get #isOver(): boolean {
    return this.#isEnded || this.#stream.destroyed || this.#stream.closed;
  }
}

function endStream(stream: ServerHttp2Stream): void {
  stream.end();
}
