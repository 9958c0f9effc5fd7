import type { Readable } from "node:stream";
import type { UpstreamProblem } from "./gateway-event.ts";

/** A request as the upstream is to get it. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  /** Names and values in turn, Host first; nothing about framing or the connection. */
  readonly fields: string[];
  /** Undefined when none can come. */
  readonly body: UpstreamBody | undefined;
  /** The client waits for 100 before it sends the body. */
  readonly expectsContinue: boolean;
}

export interface UpstreamBody {
  readonly stream: Readable & { readonly rawTrailers: string[] };
  /** Whether it ended as bodies end: a stream of HTTP/2 that is reset says 'end' as well. */
  readonly isWhole: () => boolean;
  /** What the client promised; held to it. */
  readonly length: number | undefined;
  readonly announcesTrailers: boolean;
}

/** Hears what the upstream answers. Fields are names and values in turn. */
export interface UpstreamListener {
  information(status: number, fields: readonly string[]): void;
  head(status: number, message: string, fields: readonly string[]): void;
  /** Says whether more may come now; if not, `Exchange.resume` is called once it may. */
  data(chunk: Uint8Array): boolean;
  end(trailers: readonly string[]): void;
  /** The last thing heard, if it did not end well. */
  failed(failure: UpstreamFailure): void;
}

/** Why there is no answer, or not all of it. */
export interface UpstreamFailure {
  readonly kind: UpstreamFailureKind;
  readonly error: Error;
}

/** `broken` is ended or reset too early, or no HTTP; `request`: the client broke its promise about the body. */
export type UpstreamFailureKind = UpstreamProblem | "request";

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

const TIMEOUTS = /TIMEOUT|TIMEDOUT/;
const UNREACHABLE = /^(?:ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|EMFILE|ENOENT)/;

export function toFailure(error: unknown): UpstreamFailure {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (TIMEOUTS.test(code)) return { kind: "timed-out", error: cause };
  return { kind: UNREACHABLE.test(code) ? "unreachable" : "broken", error: cause };
}

export class UpstreamTimeout extends Error {
  readonly code = "ETIMEDOUT";
}

/** The status a client gets that has seen no head yet. RFC 9110 §15.6.3, §15.6.5. */
export function statusOfFailure(kind: UpstreamFailureKind): number {
  if (kind === "request") return 400;
  return kind === "timed-out" ? 504 : 502;
}
