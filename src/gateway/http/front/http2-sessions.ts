import type { Http2SecureServer, Http2Session, ServerHttp2Stream } from "node:http2";
import type { TLSSocket } from "node:tls";
import { connectionOf } from "../../../guard/connection/peer-of.ts";
import { Farewell } from "./farewell.ts";
import type { AnswerEnds } from "../replies/http2-reply.ts";
import { outliveStreamErrors } from "./outlive-stream-errors.ts";

/** What a session that broke has to say why, and one that is over to be read to its end. */
const BROKEN_MS = 2000;
const OVER_MS = 30_000;

interface Streams {
  begun: number;
  open: number;
}

/** The sessions of a listener's HTTP/2 clients, and how they end. */
export class Http2Sessions implements AnswerEnds {
  readonly #idleMs: number;
  readonly #sessions = new Map<Http2Session, Streams>();
  readonly #farewells = new Map<Http2Session, Farewell>();
  #isDraining = false;

  /** Milliseconds after which a session without streams that says nothing ends. */
  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  attach(server: Http2SecureServer): void {
    server.on("session", (session) => this.#begin(session));
  }

  /** Counts a stream; returns what to call when it is over. */
  opened(session: Http2Session | undefined): () => void {
    const streams = session && this.#sessions.get(session);
    if (streams === undefined) return ignore;
    streams.begun += 1;
    streams.open += 1;
    return () => void (streams.open -= 1);
  }

  /** Ends all of them, and those that come, with the streams that they have. */
  drain(): void {
    this.#isDraining = true;
    for (const session of this.#sessions.keys()) this.#leave(session);
  }

  /** The same for the one on a connection; says whether there is one. */
  expire(socket: TLSSocket): boolean {
    for (const session of this.#sessions.keys()) {
      // A session shows its socket through a proxy only.
      if (connectionOf(session)?.socket !== socket) continue;
      this.#leave(session);
      return true;
    }
    return false;
  }

  end(stream: ServerHttp2Stream, send: (stream: ServerHttp2Stream) => void): void {
    const farewell =
      this.#farewells.size > 0 && stream.session ? this.#farewells.get(stream.session) : undefined;
    if (farewell === undefined) send(stream);
    else farewell.end(stream, send);
  }

  #begin(session: Http2Session): void {
    const streams = { begun: 0, open: 0 };
    this.#sessions.set(session, streams);
    session.once("close", () => {
      this.#sessions.delete(session);
      this.#farewells.delete(session);
    });
    session.setTimeout(this.#idleMs, () => {
      if (streams.open === 0) session.close();
    });
    // Connections may be half-closed, for what they are upgraded to; without a client's frames HTTP/2 is over.
    const socket = connectionOf(session)?.socket;
    socket?.once("end", () => session.destroy());
    if (socket !== undefined) endWithSession(session, socket);
    outliveStreamErrors(session);
    if (this.#isDraining) this.#leave(session);
  }

  #leave(session: Http2Session): void {
    const streams = this.#sessions.get(session);
    if (streams === undefined || session.closed || this.#farewells.has(session)) return;
    this.#farewells.set(session, new Farewell(session, () => streams.begun));
  }
}

/** Node waits for ever when the client of a broken session went away before it could be told why. */
function endWithSession(session: Http2Session, socket: TLSSocket): void {
  const destroy = session.destroy.bind(session);
  let late: NodeJS.Timeout | undefined;
  let endsAt = Infinity;
  socket.once("close", () => clearTimeout(late));
  const destroyBoth: Http2Session["destroy"] = (error, code) => {
    destroy(error, code);
    if (socket.destroyed) return;
    const isOver = error === undefined && session.closed && !socket.readableEnded;
    const ms = isOver ? OVER_MS : BROKEN_MS;
    const at = performance.now() + ms;
    // Node destroys a session again with each of its streams.
    if (at >= endsAt) return;
    endsAt = at;
    clearTimeout(late);
    late = setTimeout(() => socket.destroy(), ms).unref();
  };
  session.destroy = destroyBoth;
}

function ignore(): void {}
