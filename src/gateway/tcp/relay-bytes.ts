import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/** What a side that is gone said last may take so long to go out. */
const LAST_WORDS_MS = 30_000;

/** Passes on bytes and ends both ways, as fast as the slower side takes them. Failures are up to the caller. */
export function relayBytes(one: Socket, other: Socket): void {
  one.on("data", (chunk: Buffer) => {
    if (!other.write(chunk)) one.pause();
  });
  other.on("data", (chunk: Buffer) => {
    if (!one.write(chunk)) other.pause();
  });
  one.on("drain", () => other.resume());
  other.on("drain", () => one.resume());
  passOnEnd(one, other);
  passOnEnd(other, one);
}

/** Ends one when the other has: it may have done so before anybody listened, when it had nothing to say. */
export function passOnEnd(from: Duplex, to: Duplex): void {
  if (from.readableEnded) to.end();
  else from.on("end", () => to.end());
}

/** Whether all that a socket had to say was passed on, and the other one knows: then it may go quietly. */
export function isPassedOn(from: Socket, to: Socket): boolean {
  return from.readableEnded && to.writableEnded;
}

/** Ends a side that nobody listens to any more: when it has been told all, or does not take it. */
export function leave(side: Duplex): void {
  if (side.destroyed || side.writableFinished) {
    side.destroy();
    return;
  }
  const late = setTimeout(() => side.destroy(), LAST_WORDS_MS).unref();
  side.once("finish", () => side.destroy());
  side.once("close", () => clearTimeout(late));
}

/** Resets a connection over TCP; Unix sockets, which have no reset, just end. */
export function breakOff(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}
