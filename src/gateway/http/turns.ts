import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { endRaw } from "./end-raw.ts";
import type { LastAnswers } from "./reply.ts";

/** As many as the streams of an HTTP/2 connection. */
const MOST_WAITING = 100;
/** A client that was not told may have sent a request just now. It gets this long for one that is told to it. */
export const GRACE_MS = 2000;

interface Line {
  /** What is answered now. */
  response: ServerResponse;
  readonly waiting: Turn[];
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
  /** By connections that have a request under way. */
  readonly #lines = new WeakMap<Duplex, Line>();
  readonly #leaving = new WeakSet<Duplex>();
  readonly #deaf = new WeakSet<Duplex>();
  #isDraining = false;

  /** What is being answered on a connection; undefined when all that it has asked for was. */
  answering(connection: Duplex): ServerResponse | undefined {
    return this.#lines.get(connection)?.response;
  }

  /** Begins when everything before it on its connection has been answered; a connection with too much waiting ends. */
  take(response: ServerResponse, begin: () => void): void {
    const { socket } = response.req;
    if (isOver(socket) || this.#deaf.has(socket)) return void response.req.resume();
    response.on("close", () => this.#next(socket));
    const line = this.#lines.get(socket);
    if (line === undefined) {
      this.#lines.set(socket, { response, waiting: [] });
      begin();
    } else if (line.waiting.length < MOST_WAITING) {
      line.waiting.push({ response, begin });
    } else {
      socket.destroy();
    }
  }

  /** Whether an answer that begins now has to say that its connection ends with it. RFC 9112 §9.6. */
  isLast({ req: { socket } }: ServerResponse): boolean {
    if (this.#isDraining || this.#leaving.has(socket)) return true;
    return this.#deaf.has(socket) && this.#lines.get(socket)?.waiting.length === 0;
  }

  /**
   * Ends a connection with its next answer. Where none is due it waits for one more request, for a moment: an answer
   * promised that one could come.
   */
  end(connection: Socket): void {
    this.#leaving.add(connection);
    if (!this.#lines.has(connection)) this.#endIdle(connection);
  }

  /** The same for all connections, and for those that come. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Answers what a connection has asked for, and nothing that comes from now on. */
  endAfterAll(connection: Duplex): void {
    this.#deaf.add(connection);
    if (!this.#lines.has(connection)) endRaw(connection);
  }

  /** Whether nothing that comes from a connection is heard any more. */
  isDeaf(connection: Duplex): boolean {
    return this.#deaf.has(connection) || isOver(connection);
  }

  #next(connection: Socket): void {
    const line = this.#lines.get(connection);
    const next = isOver(connection) ? undefined : line?.waiting.shift();
    if (line !== undefined && next !== undefined) {
      line.response = next.response;
      next.begin();
      return;
    }
    this.#lines.delete(connection);
    if (isOver(connection)) return;
    // Its head was out before anybody knew that it would be the last one.
    if (this.#deaf.has(connection)) endRaw(connection);
    else if (this.#isDraining || this.#leaving.has(connection)) this.#endIdle(connection);
  }

  #endIdle(connection: Socket): void {
    const late = setTimeout(() => {
      if (!this.#lines.has(connection)) connection.destroySoon();
    }, GRACE_MS).unref();
    connection.once("close", () => clearTimeout(late));
  }
}

/** Gone, or nothing more is answered on it: it ends with what was its last answer. RFC 9112 §9.6. */
function isOver(connection: Duplex): boolean {
  return connection.destroyed || connection.writableEnded;
}
