import type { Socket } from "node:net";

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
export function passOnEnd(from: Socket, to: Socket): void {
  if (from.readableEnded) to.end();
  else from.on("end", () => to.end());
}

/** Whether all that a socket had to say was passed on, and the other one knows: then it may go quietly. */
export function isPassedOn(from: Socket, to: Socket): boolean {
  return from.readableEnded && to.writableEnded;
}
