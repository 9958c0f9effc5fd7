import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest, Http2Session, Http2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { HandclaspError } from "../../errors.ts";
import { GuardedConnection } from "./guarded-connection.ts";
import type { Peer } from "./peer.ts";

/** Whatever a guarded server hands out. */
export type Guarded = TLSSocket | IncomingMessage | Http2ServerRequest | Http2Stream | Http2Session;

/** Who came over what. It is filled by guards, and by `handclasp/testing`: never by anything that a client sends. */
const CAME_OVER = new WeakMap<object, Pick<GuardedConnection, "peer">>();

/**
 * Who is on the other side, as judged when the connection was made; undefined for an anonymous client. Throws
 * `ERR_HANDCLASP_NOT_GUARDED` for what did not come through a guarded server.
 */
export function peerOf(from: Guarded): Peer | undefined {
  const came = cameOver(from);
  if (came !== undefined) return came.peer;
  throw new HandclaspError("ERR_HANDCLASP_NOT_GUARDED", "this did not come through a guarded server", {
    hint: "call guard(server, trust) before the server listens",
  });
}

/** Remembers which connection a socket, session or stream belongs to, if it belongs to one. */
export function rememberConnection(carrier: unknown, connection: GuardedConnection | undefined): void {
  if (isObject(carrier) && connection !== undefined) CAME_OVER.set(carrier, connection);
}

/** For `handclasp/testing` alone: makes `peerOf` answer for an object that no guard ever saw. */
export function pretendPeer(carrier: object, peer: Peer | undefined): void {
  CAME_OVER.set(carrier, { peer });
}

/** The connection behind anything that a guarded server hands out. */
export function connectionOf(from: unknown): GuardedConnection | undefined {
  const came = cameOver(from);
  return came instanceof GuardedConnection ? came : undefined;
}

function cameOver(from: unknown): Pick<GuardedConnection, "peer"> | undefined {
  if (!isObject(from)) return undefined;
  return (
    CAME_OVER.get(from) ??
    carriedBy(from, "stream") ??
    carriedBy(from, "session") ??
    carriedBy(from, "socket")
  );
}

function carriedBy(
  from: object,
  property: "stream" | "session" | "socket",
): Pick<GuardedConnection, "peer"> | undefined {
  const carrier: unknown = Reflect.get(from, property);
  return isObject(carrier) ? CAME_OVER.get(carrier) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
