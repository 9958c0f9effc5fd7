import type { EventEmitter } from "node:events";

/** Resolves when a socket has closed, whether or not an error came first. */
export function closed(socket: EventEmitter): Promise<void> {
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.on("close", () => resolve()));
}
