import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** As many as the streams of an HTTP/2 connection. */
const MOST_WAITING = 100;

/**
 * Requests of an HTTP/1.1 connection go on one after the other, though Node hands them out as they come: none may
 * overtake one that changes something (RFC 9112 §9.3.2), and one connection may not ask for everything at once.
 */
export class Turns {
  /** What waits, by connections that have a request under way. */
  readonly #waiting = new WeakMap<Duplex, (() => void)[]>();

  /** Whether all that a connection has asked for was answered. */
  isFree(connection: Duplex): boolean {
    return !this.#waiting.has(connection);
  }

  /** Begins when everything before it on its connection has been answered; a connection with too much waiting ends. */
  take(response: ServerResponse, begin: () => void): void {
    const { socket } = response.req;
    if (socket.destroyed) return;
    response.on("close", () => this.#next(socket));
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      this.#waiting.set(socket, []);
      begin();
    } else if (waiting.length < MOST_WAITING) {
      waiting.push(begin);
    } else {
      socket.destroy();
    }
  }

  #next(connection: Duplex): void {
    const begin = connection.destroyed ? undefined : this.#waiting.get(connection)?.shift();
    if (begin === undefined) this.#waiting.delete(connection);
    else begin();
  }
}
