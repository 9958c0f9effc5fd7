import { STATUS_CODES, type ServerResponse } from "node:http";
import type { CutReason } from "../../../trust/happenings/cut-reason.ts";
import { breakOff } from "./break-off.ts";
import type { CutSocket } from "./cut-socket.ts";
import { STATUS_OF_FAILURE, type UpstreamFailure } from "../exchange/http-upstream.ts";
import {
  type AnswerFields,
  endToEnd,
  type LastAnswers,
  type Reply,
  withoutFields,
} from "../exchange/reply.ts";
import type { FieldList } from "../fields/field-list.ts";
import { toTrailers } from "../fields/request-fields.ts";

const NOTHING = new Uint8Array();
/** RFC 9112 §4: nobody reads it, so one that cannot be said is left out. */
const REASON = /^[\t -~\x80-\xFF]*$/;

/** Answers over HTTP/1.1. */
export class Http1Reply implements Reply {
  readonly #response: ServerResponse;
  readonly #lasts: LastAnswers;
  readonly #cutSocket: CutSocket;
  status: number | undefined;
  failure: UpstreamFailure | undefined;

  constructor(response: ServerResponse, lasts: LastAnswers, cutSocket: CutSocket) {
    this.#response = response;
    this.#lasts = lasts;
    this.#cutSocket = cutSocket;
  }

  information(status: number, sent: FieldList): void {
    if (this.status !== undefined || this.#isOver || this.#response.req.httpVersion === "1.0") return;
    if (status === 100) this.#response.writeContinue();
    else this.#response.writeInformation(status, endToEnd(sent).list.raw);
  }

  head(status: number, message: string, sent: FieldList): void {
    const response = this.#response;
    const fields = endToEnd(sent);
    if (this.#lasts.isLast(response)) response.shouldKeepAlive = false;
    const reason = REASON.test(message) ? message : "";
    const { list, announcesTrailers } = fields;
    const hasTrailer = !announcesTrailers || this.#isChunked(status, fields);
    response.writeHead(status, reason, (hasTrailer ? list : withoutFields(list, ["trailer"])).raw);
    // Together with the body's first bytes if those are here; else the head goes alone.
    process.nextTick(flush, response);
    this.status = status;
  }

  data(chunk: Uint8Array, onDrain: () => void): boolean {
    const response = this.#response;
    if (this.#isOver) return true;
    // What a response without a body carries all the same is dropped by Node.
    if (response.write(chunk)) return true;
    response.once("drain", onDrain);
    return false;
  }

  end(sent: FieldList): void {
    const trailers = toTrailers(sent);
    if (trailers.size > 0) this.#response.addTrailers(trailers.toPairs());
    this.#response.end();
  }

  fail(status: number): void {
    if (this.status !== undefined || this.#isOver) {
      this.#breakOff();
      return;
    }
    this.status = status;
    const response = this.#response;
    const text = `${status} ${STATUS_CODES[status] ?? ""}\n`;
    const head = { "content-type": "text/plain; charset=utf-8", "content-length": text.length };
    if (this.#lasts.isLast(response)) response.shouldKeepAlive = false;
    // What is left of the request's body is not read.
    const whole = response.req.complete ? head : { ...head, connection: "close" };
    // With a reason, or that of an answer which could not be sent would stay.
    response.writeHead(status, STATUS_CODES[status] ?? "", whole);
    response.end(text);
  }

  failBecause(failure: UpstreamFailure): void {
    this.failure = failure;
    this.fail(STATUS_OF_FAILURE[failure.kind]);
  }

  cut(reason: CutReason): void {
    const { socket } = this.#response;
    if (socket !== null) this.#cutSocket(socket, reason);
    this.#response.destroy();
  }

  /** What was said goes out before: who saw no answer at all could take it for a request that was never read. */
  #breakOff(): void {
    const response = this.#response;
    const { socket } = response;
    flush(response);
    socket?.uncork();
    if (socket === null || response.destroyed) response.destroy();
    else breakOff(socket);
  }

  get #isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  /** Whether Node will send it in chunks, which alone can carry trailers. */
  #isChunked(status: number, { isSized }: AnswerFields): boolean {
    const { method, httpVersion } = this.#response.req;
    const hasBody = method !== "HEAD" && status !== 204 && status !== 304;
    return hasBody && httpVersion === "1.1" && !isSized;
  }
}

/** By a write of nothing: `flushHeaders` says in UTF-8 what came as Latin-1. */
function flush(response: ServerResponse): void {
  if (!response.destroyed && !response.writableEnded) response.write(NOTHING);
}
