import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { RefusalReason } from "../../trust/records/verdict.ts";
import { alertOf, type RefusalAlert } from "../../trust/judging/alerts.ts";
import type { BoundHandshake } from "../connection/handshake.ts";
import { refusalRecord } from "./refusal-record.ts";
import { tapOver } from "../tap/tap.ts";

/** What a refused client may still send before it is cut off. */
const PATIENCE_BYTES = 256 * 1024;

/** What a refused client was told; null when the connection just ended. */
export interface TurnedAway {
  readonly alert: RefusalAlert | null;
  /** The client has the alert to read: the connection stays until it closes, and has to be cut if it does not. */
  readonly lingers: boolean;
}

/** What a client was told that is told otherwise, over TLS. */
export const STAYS: TurnedAway = { alert: null, lingers: false };

/** Ends a connection that is refused, with an alert if it may have one. `sent` is what went out since the handshake. */
export function turnAway(
  handshake: BoundHandshake,
  reason: RefusalReason,
  { sent, alerts }: { readonly sent: number; readonly alerts: boolean },
): TurnedAway {
  const { socket, secretLine, transport } = handshake;
  handshake.forgetSecrets();
  const alert = alertOf(reason, socket.getProtocol());
  const record =
    !alerts || socket.destroyed ? undefined : refusalRecord({ socket, secretLine, flushed: sent }, alert);
  if (record === undefined) {
    socket.destroy();
    return { alert: null, lingers: false };
  }
  return { alert, lingers: sayFarewell(transport, socket, record) };
}

/**
 * Sends the last record and says whether the client may be waited for. Once the transport is ended, libuv takes no
 * write any more, so the session tickets that OpenSSL has ready never go out. What the client sends is read and
 * thrown away: closing with unread data resets the connection, and a reset can overtake the alert.
 */
function sayFarewell(transport: Duplex, socket: TLSSocket, record: Uint8Array): boolean {
  const tap = tapOver(transport);
  if (tap === undefined) transport.end(record);
  else tap.sayLast(record);
  if (!(transport instanceof Socket) || transport.writableLength > 0) {
    socket.destroy();
    return false;
  }
  socket.on("end", endNow);
  socket.on("data", discard);
  return true;
}

function endNow(this: TLSSocket): void {
  this.destroy();
}

function discard(this: TLSSocket): void {
  if (this.bytesRead > PATIENCE_BYTES) this.destroy();
}
