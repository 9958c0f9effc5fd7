import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** As many as the streams of an HTTP/2 connection. */
const MOST_WAITING = 100;

interface Line {
  /** What is answered now. */
  response: ServerResponse;
  /** Nothing comes after that. */
  isEnding: boolean;
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
export class Turns {
  /** By connections that have a request under way. */
  readonly #lines = new WeakMap<Duplex, Line>();

  /** What is being answered on a connection; undefined when all that it has asked for was. */
  answering(connection: Duplex): ServerResponse | undefined {
    return this.#lines.get(connection)?.response;
  }

  /** Begins when everything before it on its connection has been answered; a connection with too much waiting ends. */
  take(response: ServerResponse, begin: () => void): void {
    const { socket } = response.req;
    if (isOver(socket)) return;
    response.on("close", () => this.#next(socket));
    const line = this.#lines.get(socket);
    if (line === undefined) {
      this.#lines.set(socket, { response, isEnding: false, waiting: [] });
      begin();
    } else if (line.isEnding) {
      return;
    } else if (line.waiting.length < MOST_WAITING) {
      line.waiting.push({ response, begin });
    } else {
      socket.destroy();
    }
  }

  /** Ends a connection: after what is being answered on it, or at once. */
  end(connection: Socket): void {
    const line = this.#lines.get(connection);
    if (line === undefined) {
      connection.destroy();
      return;
    }
    line.isEnding = true;
    line.waiting.length = 0;
    line.response.shouldKeepAlive = false;
    // Where the head is out, it promised that more could come: a client may lose a request that it sends just now.
    line.response.on("close", () => connection.destroySoon());
  }

  #next(connection: Duplex): void {
    const line = this.#lines.get(connection);
    const next = isOver(connection) ? undefined : line?.waiting.shift();
    if (line === undefined || next === undefined) {
      this.#lines.delete(connection);
      return;
    }
    line.response = next.response;
    next.begin();
  }
}

/** Gone, or nothing more is answered on it: it ends with what was its last answer. RFC 9112 §9.6. */
function isOver(connection: Duplex): boolean {
  return connection.destroyed || connection.writableEnded;
}
