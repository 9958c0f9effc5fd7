import type { HappeningConnection } from "./connection-happening.ts";
import type { CutReason } from "./cut-reason.ts";

/** Why an upstream could not be used; `unannounced`: no PROXY header could say who comes. */
export type UpstreamFailureKind = (typeof UPSTREAM_FAILURES)[number];
export const UPSTREAM_FAILURES = ["unreachable", "timed-out", "broken", "unannounced"] as const;

/** What happens at one listener. */
interface AtListener {
  /** Its name; null where it has none. */
  readonly listener: string | null;
}

/** What happens to a connection that was let in, behind the guard. */
export interface OfConnection extends AtListener {
  readonly connection: HappeningConnection | undefined;
  /** The peer's name; null for anonymous clients. */
  readonly peer: string | null;
}

export interface Listening extends AtListener {
  readonly type: "listening";
  readonly address: { readonly host: string; readonly port: number };
}

/** The socket that accepts connections failed. */
export interface AcceptFailed extends AtListener {
  readonly type: "accept-failed";
  readonly error: Error;
}

/** A connection has to wait, as there are as many as there may be. Told for the first one only. */
export interface Full extends AtListener {
  readonly type: "full";
  readonly most: number;
}

/** OpenSSL could not come to terms with a client, which is no refusal of ours. */
export interface HandshakeFailed extends AtListener {
  readonly type: "handshake-failed";
  readonly error: Error;
  readonly remoteAddress: string | undefined;
}

/** What came from a proxy's address was no PROXY header. */
export interface ProxyHeaderRefused extends AtListener {
  readonly type: "proxy-header-refused";
  readonly error: Error;
  /** The proxy's address. */
  readonly proxy: string | undefined;
}

export interface UpstreamFailed extends OfConnection {
  readonly type: "upstream-failed";
  readonly failure: UpstreamFailureKind;
  readonly error: Error;
}

/** A connection in mode `tcp` has its own to the upstream. */
export interface UpstreamConnected extends AtListener {
  readonly type: "upstream-connected";
  readonly durationMs: number;
}

/** A connection in mode `tcp` is over. */
export interface Relayed extends OfConnection {
  readonly type: "relayed";
  /** Why we ended it; null when one of its ends did. */
  readonly reason: CutReason | null;
  /** From the client. */
  readonly bytesIn: number;
  /** To the client. */
  readonly bytesOut: number;
  /** From letting it in on; null where nobody did. */
  readonly durationMs: number | null;
}

/** What came in mode `http` was no request, or not to its end, and ended its connection. */
export interface MalformedRequest extends OfConnection {
  readonly type: "malformed-request";
  /** What HTTP/1.1 was answered; undefined where there was nothing to answer. */
  readonly status: number | undefined;
  readonly error: Error;
}

/** A request in mode `http` was answered, or given up. */
export interface Exchanged extends OfConnection {
  readonly type: "exchanged";
  /** As the client wrote both: hostile text. */
  readonly method: string;
  readonly target: string;
  /** Undefined when it was given up before there was one. */
  readonly status: number | undefined;
  readonly durationMs: number;
}

export type GatewayHappening =
  | Listening
  | AcceptFailed
  | Full
  | HandshakeFailed
  | ProxyHeaderRefused
  | UpstreamFailed
  | UpstreamConnected
  | Relayed
  | MalformedRequest
  | Exchanged;
