import { constants, type Http2Session, type ServerHttp2Stream } from "node:http2";
import { Deadline } from "../../../deadline.ts";

/** Without a new stream, before the client is asked whether one is on its way. */
const QUIET_MS = 50;
/** Then the client is told, whatever it does. */
export const LATEST_MS = 1000;

/**
 * Ends a session without losing what its client has just sent. RFC 9113 §6.8 has a GOAWAY with the highest number first,
 * which nghttp2 can send and Node cannot: behind Node's only one every new stream is ignored. So the ends of answers are
 * held until the client has sent nothing new for a round trip, since nobody who waits for an answer has a reason to;
 * then GOAWAY goes first and the ends right behind it.
 */
export class Farewell {
  readonly #session: Http2Session;
  /** Streams that the client has begun. */
  readonly #begun: () => number;
  readonly #held: (() => void)[] = [];
  readonly #latest: Deadline;
  #quiet: NodeJS.Timeout | undefined;
  #isSaid = false;

  constructor(session: Http2Session, begun: () => number) {
    this.#session = session;
    this.#begun = begun;
    this.#latest = new Deadline(LATEST_MS, () => this.#say()).unref();
    session.once("close", () => this.#say());
    this.#listen();
  }

  /** Sends the end of an answer now, or behind GOAWAY. */
  end(stream: ServerHttp2Stream, send: (stream: ServerHttp2Stream) => void): void {
    if (this.#isSaid) send(stream);
    else this.#held.push(() => sendLate(stream, send));
  }

  #listen(): void {
    this.#quiet = setTimeout(() => {
      // It can be over long before it says so: its socket is still there.
      if (this.#session.destroyed) return this.#say();
      const begun = this.#begun();
      const isAsked = this.#session.ping((error) => {
        if (this.#isSaid) return;
        if (error !== null || this.#begun() === begun) this.#say();
        else this.#listen();
      });
      if (!isAsked) this.#listen();
    }, QUIET_MS).unref();
  }

  #say(): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.#latest[Symbol.dispose]();
    clearTimeout(this.#quiet);
    if (!this.#session.destroyed) this.#session.close();
    for (const send of this.#held.splice(0)) send();
  }
}

/** Nobody waits for what it throws any more. */
function sendLate(stream: ServerHttp2Stream, send: (stream: ServerHttp2Stream) => void): void {
  if (stream.destroyed || stream.closed) return;
  try {
    send(stream);
  } catch {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  }
}
