import type { ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";

/**
 * Ends a connection whose TLS fails after its handshake, by an alert of either side: nothing more may pass (RFC 8446
 * §6.2). Node only tells so, and tells nobody if nobody listens yet.
 */
export function endWhenBroken(socket: TLSSocket): void {
  socket.on("error", destroy);
}

/** Ends an HTTP/2 session whose client has ended its half, once it is answered: half open, Node keeps it for ever. */
export function closeWhenEnded(session: ServerHttp2Session): void {
  if (session.socket.allowHalfOpen) session.socket.once("end", () => session.close());
}

function destroy(this: TLSSocket): void {
  this.destroy();
}
