import { STATUS_CODES, ServerResponse } from "node:http";
import { constants } from "node:http2";
import { toFieldValue } from "./field-value.ts";
import type { FrontRequest, FrontResponse } from "./front.ts";
import { toHttp2Fields, toLower } from "./http2-fields.ts";
import { toTrailers } from "./request-fields.ts";
import { STATUS_OF_FAILURE, type UpstreamFailure } from "./http-upstream.ts";

/** Fields of a response that are for one hop (RFC 9110 §7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authentication-info",
  "transfer-encoding",
  "upgrade",
  "te",
  "http2-settings",
]);
const NOTHING = new Uint8Array();
/** RFC 9112 §4: nobody reads it, so one that cannot be said is left out. */
const REASON = /^[\t -~\x80-\xFF]*$/;

/** Whether connections are to end with their next answer. HTTP/2 is told by GOAWAY. */
export interface Drain {
  readonly isDraining: boolean;
}

/** Writes what the upstream answers to the client, in the client's version of HTTP. */
export class Reply {
  readonly #request: FrontRequest;
  readonly #response: FrontResponse;
  readonly #drain: Drain;
  /** Sent or about to be. */
  status: number | undefined;
  /** Why the upstream did not answer, or not to the end. */
  failure: UpstreamFailure | undefined;

  constructor(request: FrontRequest, response: FrontResponse, drain: Drain) {
    this.#request = request;
    this.#response = response;
    this.#drain = drain;
  }

  get isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded || isClosed(this.#response);
  }

  /** 100 to 199, but for 101. */
  information(status: number, raw: readonly string[]): void {
    if (this.status !== undefined || this.isOver || this.#request.httpVersion === "1.0") return;
    const fields = endToEnd(raw);
    if (this.#response instanceof ServerResponse) {
      if (status === 100) this.#response.writeContinue();
      else this.#response.writeInformation(status, fields);
    } else {
      this.#response.stream.additionalHeaders({ ":status": status, ...toHttp2Fields(fields) });
    }
  }

  /** Throws when the upstream's fields cannot be sent on; nothing is sent then. */
  head(status: number, message: string, raw: readonly string[], isAll = false): void {
    const response = this.#response;
    const fields = endToEnd(raw);
    if (response instanceof ServerResponse) {
      if (this.#drain.isDraining) response.shouldKeepAlive = false;
      const reason = REASON.test(message) ? message : "";
      response.writeHead(status, reason, this.#isChunked(status, fields) ? fields : withoutTrailer(fields));
      // Together with the body's first bytes if those are here; else the head goes alone.
      process.nextTick(flush, response);
    } else if (isAll) {
      // Sent by the end, in one frame with it: gRPC takes a status without a body for one only then.
      response.statusCode = status;
      for (const [name, value] of Object.entries(toHttp2Fields(fields))) response.setHeader(name, value);
    } else {
      response.writeHead(status, toHttp2Fields(fields));
    }
    this.status = status;
  }

  /** Says whether more may come; if not, `onDrain` is called once it may. */
  data(chunk: Uint8Array, onDrain: () => void): boolean {
    const response = this.#response;
    if (this.isOver) return true;
    // What a response without a body carries all the same is dropped by Node; HTTP/2 has it refused.
    if (write(response, chunk)) return true;
    response.once("drain", onDrain);
    return false;
  }

  end(rawTrailers: readonly string[]): void {
    const response = this.#response;
    const trailers = toTrailers(rawTrailers);
    if (trailers.length > 0) {
      if (response instanceof ServerResponse) response.addTrailers(trailers);
      else response.addTrailers(toHttp2Fields(trailers.flat()));
    }
    response.end();
  }

  /** Answers by ourselves; once a head went out, the client must see that the body is not whole. */
  fail(status: number, fields: Readonly<Record<string, string>> = {}): void {
    if (this.status !== undefined || this.isOver) {
      this.cut();
      return;
    }
    this.status = status;
    const response = this.#response;
    const text = `${status} ${STATUS_CODES[status] ?? ""}\n`;
    const head = { "content-type": "text/plain; charset=utf-8", "content-length": text.length, ...fields };
    if (response instanceof ServerResponse) {
      if (this.#drain.isDraining) response.shouldKeepAlive = false;
      // What is left of the request's body is not read.
      const whole = this.#request.complete ? head : { ...head, connection: "close" };
      // With a reason, or that of an answer which could not be sent would stay.
      response.writeHead(status, STATUS_CODES[status] ?? "", whole);
      response.end(text);
      return;
    }
    // Those of such an answer.
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.writeHead(status, head);
    response.end(text);
    const { stream } = response;
    if (!this.#request.complete) stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  /** The same for what went wrong behind. */
  failBecause(failure: UpstreamFailure): void {
    this.failure = failure;
    this.fail(STATUS_OF_FAILURE[failure.kind]);
  }

  /** Ends without an end: a reset stream, a closed connection. */
  cut(): void {
    const response = this.#response;
    if (response instanceof ServerResponse) response.destroy();
    else if (!response.stream.destroyed) response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Whether Node will send it in chunks, which alone can carry trailers. */
  #isChunked(status: number, fields: readonly string[]): boolean {
    const hasBody = this.#request.method !== "HEAD" && status !== 204 && status !== 304;
    return hasBody && this.#request.httpVersion === "1.1" && !isSized(fields);
  }
}

/** By a write of nothing: `flushHeaders` says in UTF-8 what came as Latin-1. */
function flush(response: ServerResponse): void {
  if (!response.destroyed && !response.writableEnded) response.write(NOTHING);
}

function write(response: FrontResponse, chunk: Uint8Array): boolean {
  return response instanceof ServerResponse ? response.write(chunk) : response.write(chunk);
}

function isClosed(response: FrontResponse): boolean {
  return !(response instanceof ServerResponse) && (response.stream?.closed ?? true);
}

function endToEnd(raw: readonly string[]): string[] {
  const fields: string[] = [];
  let listed: string[] | undefined;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] ?? "";
    const lower = toLower(name);
    const value = toFieldValue(raw[at + 1]);
    if (lower === "connection" && value.toLowerCase() !== "keep-alive" && value.toLowerCase() !== "close") {
      listed = [...(listed ?? []), ...value.toLowerCase().split(/[\s,]+/)];
    }
    if (!HOP_BY_HOP.has(lower)) fields.push(name, value);
  }
  return listed === undefined ? fields : without(fields, listed);
}

function without(fields: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? "";
    if (!names.includes(toLower(name)) || toLower(name) === "content-length")
      kept.push(name, fields[at + 1] ?? "");
  }
  return kept;
}

function withoutTrailer(fields: string[]): string[] {
  return fields.some((name, at) => at % 2 === 0 && toLower(name) === "trailer")
    ? without(fields, ["trailer"])
    : fields;
}

function isSized(fields: readonly string[]): boolean {
  for (let at = 0; at < fields.length; at += 2) {
    if (toLower(fields[at] ?? "") === "content-length") return true;
  }
  return false;
}
