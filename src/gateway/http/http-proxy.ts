import type { TrustChanges } from "../../trust/trust-change.ts";
import type { Http2SecureServer, Http2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { GuardedConnection } from "../../guard/guarded-connection.ts";
import { connectionOf } from "../../guard/peer-of.ts";
import type { ReceivePending } from "../../guard/waiting-room.ts";
import { createHttpFront } from "./front.ts";
import { HttpForwarder } from "./forwarder.ts";
import { createPendingPage } from "./pending-page.ts";
import type { PathRule } from "../config/config.ts";
import type { Proxy, ProxyContext } from "../proxy.ts";

/** HTTP/1.1 and HTTP/2 in front, HTTP/1.1 or h2c behind. Throws ERR_HANDCLASP_OPTION for a path rule that cannot be. */
export function createHttpProxy(context: ProxyContext): Proxy {
  return new HttpProxy(context);
}

class HttpProxy implements Proxy {
  readonly server: Http2SecureServer;
  readonly receivePending?: ReceivePending;
  readonly #forwarder: HttpForwarder;
  readonly #sessions = new Set<Http2Session>();

  constructor(context: ProxyContext) {
    this.server = createHttpFront(context.tls);
    this.#forwarder = new HttpForwarder(context);
    this.server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session));
      // Connections may be half-closed, for what they are upgraded to; without a client's frames HTTP/2 is over.
      const socket = connectionOf(session)?.socket;
      socket?.once("end", () => session.destroy());
      if (socket !== undefined) endWithSession(session, socket);
      if (this.#forwarder.isDraining) session.close();
    });
    this.#forwarder.attach(this.server);
    if (context.config.onPending === "page") this.receivePending = createPendingPage();
  }

  rejudge(paths?: readonly PathRule[], changes?: TrustChanges): void {
    this.#forwarder.rejudge(paths, changes);
  }

  drain(): void {
    this.#forwarder.isDraining = true;
    // GOAWAY: streams that run may end. HTTP/1.1 is told with the next answer, and at once where none is due.
    for (const session of this.#sessions) session.close();
    const { server } = this;
    // The types know it of `http.Server` only.
    if ("closeIdleConnections" in server && typeof server.closeIdleConnections === "function") {
      server.closeIdleConnections();
    }
  }

  expire({ socket }: GuardedConnection): void {
    for (const session of this.#sessions) {
      // A session shows its socket through a proxy only.
      if (connectionOf(session)?.socket === socket) return session.close();
    }
    this.#forwarder.expire(socket);
  }

  close(): void {
    this.server.close();
    this.#forwarder.close();
  }
}

/** What a session that broke has to say why, and one that is over to be read to its end. */
const BROKEN_MS = 2000;
const OVER_MS = 30_000;

/** Node waits for ever when the client of a broken session went away before it could be told why. */
function endWithSession(session: Http2Session, socket: TLSSocket): void {
  const destroy = session.destroy.bind(session);
  session.destroy = (error, code) => {
    destroy(error, code);
    if (socket.destroyed) return;
    const isOver = error === undefined && session.closed && !socket.readableEnded;
    const late = setTimeout(() => socket.destroy(), isOver ? OVER_MS : BROKEN_MS).unref();
    socket.once("close", () => clearTimeout(late));
  };
}
