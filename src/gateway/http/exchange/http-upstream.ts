import { toError } from "../../../errors.ts";
import type { FieldList } from "../fields/field-list.ts";
import { type BodyPump, BodyTooLong, type RequestBody } from "./request-body.ts";
import type { UpstreamFailureKind } from "../../../trust/happenings/gateway-happening.ts";
import { UpstreamTimeout } from "../../upstream/upstream.ts";

/** A request as the upstream is to get it. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** Host first; nothing about framing or the connection. */
  readonly fields: FieldList;
  /** Undefined when none can come. */
  readonly body: RequestBody | undefined;
  /** The client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

/** Hears what the upstream answers. */
export interface UpstreamListener {
  information(status: number, fields: FieldList): void;
  /** `isAll`: there is nothing else, neither body nor trailers, and HTTP/2 says so in the same frame. */
  head(status: number, message: string, fields: FieldList, isAll?: boolean): void;
  /** Says whether more may come now; if not, `Exchange.resume` is called once it may. */
  data(chunk: Uint8Array): boolean;
  end(trailers: FieldList): void;
  /** The last thing heard, if it did not end well. */
  failed(failure: UpstreamFailure): void;
}

/** Why there is no answer, or not all of it. */
export interface UpstreamFailure {
  readonly kind: ExchangeFailureKind;
  readonly error: Error;
  /** What may be sent again, as far as the upstream goes; undefined for nothing. */
  readonly repeats?: Repeats | undefined;
}

/** `all`: the upstream did nothing with it. `idempotent`: what may be done twice (RFC 9110 §9.2.2). */
type Repeats = "all" | "idempotent";

/**
 * `broken` is ended or reset too early, or no HTTP. `request`: the client's body is not what it promised;
 * `too-long`: it is more than the listener takes; `request-timeout`: it does not come; `unsupported`: the upstream's version of HTTP cannot carry it.
 */
type ExchangeFailureKind = UpstreamFailureKind | "request" | "too-long" | "request-timeout" | "unsupported";

/** Whether it is the upstream that failed, not the client. */
export function isOfUpstream(
  failure: UpstreamFailure,
): failure is UpstreamFailure & { kind: UpstreamFailureKind } {
  return failure.kind === "unreachable" || failure.kind === "timed-out" || failure.kind === "broken";
}

/** A request on its way. */
export interface Exchange {
  resume(): void;
  /** The client is gone: nothing more is heard. */
  abort(): void;
}

/** Sends requests to one upstream. */
export interface UpstreamTransport {
  send(request: UpstreamRequest, listener: UpstreamListener): Exchange;
  /** Closes connections that are not in use. */
  close(): void;
}

/** Of registered methods those that are common. RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "QUERY",
  "SEARCH",
  "PROPFIND",
  "REPORT",
]);

/** Whether a request that got no answer for such a reason may be sent again. */
export function mayRepeat(method: string, { repeats }: UpstreamFailure): boolean {
  return repeats === "all" || (repeats === "idempotent" && IDEMPOTENT.has(method));
}

const TIMEOUTS = /TIMEOUT|TIMEDOUT/;
/** What undici says of fields and targets that it does not send. */
const UNSENDABLE = /^UND_ERR_(?:INVALID_ARG|NOT_SUPPORTED)$/;
/** The last three are said of Unix sockets: of one that we may not use, and of one with too many that wait for it. */
const UNREACHABLE =
  /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EMFILE|ENOENT|EACCES|EPERM|EAGAIN)/;

/** A connection that ended with an answer due. What is no HTTP, or too much of it, was an answer. */
const ENDED = /^(?:UND_ERR_SOCKET|UPSTREAM_RESET|ECONNRESET|EPIPE)$/;

export function toFailure(error: unknown): UpstreamFailure {
  const cause = toError(error);
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (UNSENDABLE.test(code)) return { kind: "request", error: cause };
  if (TIMEOUTS.test(code)) return { kind: "timed-out", error: cause };
  if (UNREACHABLE.test(code)) return { kind: "unreachable", error: cause };
  return { kind: "broken", error: cause, repeats: ENDED.test(code) ? "idempotent" : undefined };
}

/** What came of a request's body is not all of it, nor will be. */
export function failureOfBody(error: Error): UpstreamFailure {
  return { kind: error instanceof BodyTooLong ? "too-long" : "request", error };
}

/** Nothing passed in either direction for too long: whose fault it is. */
export function failureOfSilence(body: BodyPump): UpstreamFailure {
  if (body.isStarving()) return failureOfLateBody();
  return { kind: "timed-out", error: new UpstreamTimeout("the upstream said nothing for too long") };
}

export function failureOfLateBody(): UpstreamFailure {
  return { kind: "request-timeout", error: new UpstreamTimeout("the request's body does not come") };
}

/** The status a client gets that has seen no head yet. RFC 9110 §15.5.9, §15.5.14, §15.6.3, §15.6.5. */
export const STATUS_OF_FAILURE: Readonly<Record<ExchangeFailureKind, number>> = {
  unreachable: 502,
  broken: 502,
  unannounced: 502,
  "timed-out": 504,
  request: 400,
  "too-long": 413,
  "request-timeout": 408,
  unsupported: 501,
};
