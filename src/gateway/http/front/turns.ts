import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { endRaw } from "../replies/end-raw.ts";
import type { LastAnswers } from "../exchange/reply.ts";
import { Deadline } from "../../../deadline.ts";

/** As many as the streams of an HTTP/2 connection. */
const MOST_WAITING = 100;
/** A client that was not told may have sent a request just now. It gets this long for one that is told to it. */
export const GRACE_MS = 2000;

/** Of one connection, as long as it lasts. */
class Line {
  /** What is answered now; undefined when all that was asked for was. */
  response: ServerResponse | undefined;
  readonly waiting: Turn[] = [];
  /** Its next answer is the last one. */
  isLeaving = false;
  /** Nothing that comes is heard any more. */
  isDeaf = false;
}

interface Turn {
  readonly response: ServerResponse;
  readonly begin: () => void;
}

/**
 * Requests of an HTTP/1.1 connection go on one after the other, though Node hands them out as they come: none may
 * overtake one that changes something (RFC 9112 §9.3.2), and one connection may not ask for everything at once.
 */
export class Turns implements LastAnswers {
  readonly #lines = new WeakMap<Duplex, Line>();
  #isDraining = false;

  /** What is being answered on a connection; undefined when all that it has asked for was. */
  answering(connection: Duplex): ServerResponse | undefined {
    return this.#lines.get(connection)?.response;
  }

  /** Begins when everything before it on its connection has been answered; a connection with too much waiting ends. */
  take(response: ServerResponse, begin: () => void): void {
    const { socket } = response.req;
    const line = this.#lineOf(socket);
    if (isOver(socket) || line.isDeaf) return void response.req.resume();
    response.on("close", () => this.#next(socket, line));
    if (line.response === undefined) {
      line.response = response;
      begin();
    } else if (line.waiting.length < MOST_WAITING) {
      line.waiting.push({ response, begin });
    } else {
      socket.destroy();
    }
  }

  /** Whether an answer that begins now has to say that its connection ends with it. RFC 9112 §9.6. */
  isLast({ req: { socket } }: ServerResponse): boolean {
    if (this.#isDraining) return true;
    const line = this.#lines.get(socket);
    if (line === undefined) return false;
    return line.isLeaving || (line.isDeaf && line.response !== undefined && line.waiting.length === 0);
  }

  /**
   * Ends a connection with its next answer. Where none is due it waits for one more request, for a moment: an answer
   * promised that one could come.
   */
  end(connection: Socket): void {
    const line = this.#lineOf(connection);
    line.isLeaving = true;
    if (line.response === undefined) this.#endIdle(connection, line);
  }

  /** The same for all connections, and for those that come. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Answers what a connection has asked for, and nothing that comes from now on. */
  endAfterAll(connection: Duplex): void {
    const line = this.#lineOf(connection);
    line.isDeaf = true;
    if (line.response === undefined) endRaw(connection);
  }

  /** Whether nothing that comes from a connection is heard any more. */
  isDeaf(connection: Duplex): boolean {
    return this.#lines.get(connection)?.isDeaf === true || isOver(connection);
  }

  #lineOf(connection: Duplex): Line {
    const known = this.#lines.get(connection);
    if (known !== undefined) return known;
    const line = new Line();
    this.#lines.set(connection, line);
    return line;
  }

  #next(connection: Socket, line: Line): void {
    line.response = undefined;
    if (isOver(connection)) {
      line.waiting.length = 0;
      return;
    }
    const next = line.waiting.shift();
    if (next !== undefined) {
      line.response = next.response;
      next.begin();
      return;
    }
    // Its head was out before anybody knew that it would be the last one.
    if (line.isDeaf) endRaw(connection);
    else if (this.#isDraining || line.isLeaving) this.#endIdle(connection, line);
  }

  #endIdle(connection: Socket, line: Line): void {
    const endNow = (): void => {
      if (line.response === undefined) connection.destroySoon();
    };
    const late = new Deadline(GRACE_MS, endNow).unref();
    connection.once("close", () => late[Symbol.dispose]());
  }
}

/** Gone, or nothing more is answered on it: it ends with what was its last answer. RFC 9112 §9.6. */
function isOver(connection: Duplex): boolean {
  return connection.destroyed || connection.writableEnded;
}
