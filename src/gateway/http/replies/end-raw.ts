import type { Duplex } from "node:stream";

/** For a client that neither reads nor ends. */
const PATIENCE_MS = 10_000;

/**
 * Ends a connection that Node gave up for another protocol, and that goes to none. What the client still says is thrown
 * away: nobody else reads it, or notices its end, and a connection that is closed with it unread is reset.
 */
export function endRaw(socket: Duplex, lastWords = ""): void {
  socket.on("error", () => undefined);
  socket.resume();
  socket.end(lastWords);
  const late = setTimeout(() => socket.destroy(), PATIENCE_MS).unref();
  socket.once("close", () => clearTimeout(late));
}
