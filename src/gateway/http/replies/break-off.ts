import type { Duplex } from "node:stream";

const NOTHING = Buffer.alloc(0);
/** For a side that does not take what it is told. */
const LAST_WORDS_MS = 10_000;

/** Ends a side without an end, once it was told what the other one had said before it broke. */
export function breakOff(side: Duplex): void {
  if (side.destroyed || side.writableEnded || side.writableLength === 0) {
    side.destroy();
    return;
  }
  const late = setTimeout(() => side.destroy(), LAST_WORDS_MS).unref();
  side.write(NOTHING, () => side.destroy());
  side.once("close", () => clearTimeout(late));
}
