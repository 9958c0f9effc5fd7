import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest, Http2Session, Http2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { HandclaspError } from "../errors.ts";
import type { GuardedConnection } from "./guarded-connection.ts";
import type { Peer } from "./peer.ts";

/** Whatever a guarded server hands out. */
export type Guarded = TLSSocket | IncomingMessage | Http2ServerRequest | Http2Stream | Http2Session;

const CONNECTIONS = new WeakMap<object, GuardedConnection>();

/**
 * Who is on the other side, as judged when the connection was made; undefined for an anonymous client. Throws
 * `ERR_HANDCLASP_NOT_GUARDED` for what did not come through a guarded server.
 */
export function peerOf(from: Guarded): Peer | undefined {
  const connection = connectionOf(from);
  if (connection !== undefined) return connection.peer;
  throw new HandclaspError("ERR_HANDCLASP_NOT_GUARDED", "this did not come through a guarded server", {
    hint: "call guard(server, trust) before the server listens",
  });
}

/** Remembers which connection a socket, session or stream belongs to, if it belongs to one. */
export function rememberConnection(carrier: unknown, connection: GuardedConnection | undefined): void {
  if (isObject(carrier) && connection !== undefined) CONNECTIONS.set(carrier, connection);
}

/** The connection behind anything that a guarded server hands out. */
export function connectionOf(from: unknown): GuardedConnection | undefined {
  if (!isObject(from)) return undefined;
  return (
    CONNECTIONS.get(from) ??
    carriedBy(from, "stream") ??
    carriedBy(from, "session") ??
    carriedBy(from, "socket")
  );
}

function carriedBy(from: object, property: "stream" | "session" | "socket"): GuardedConnection | undefined {
  const carrier: unknown = Reflect.get(from, property);
  return isObject(carrier) ? CONNECTIONS.get(carrier) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
