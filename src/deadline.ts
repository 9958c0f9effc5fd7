import { once } from "node:events";
import type { Socket } from "node:net";

/** Whose timers are later than this did not run meanwhile. */
export const STOOD_STILL_MS = 100;

/**
 * Calls back once the milliseconds are over, unless it was disposed of by then. A process that stood still has its timers due
 * before anything that is there to be read, and takes its own silence for another's: then as much time is given once more, at
 * most the same, and what came is read before the call.
 */
export class Deadline implements Disposable {
  #timer: NodeJS.Timeout;
  #last: NodeJS.Immediate | undefined;
  #isUnref = false;

  constructor(ms: number, missed: () => void) {
    const call = (): void => {
      this.#last = setImmediate(missed);
    };
    const dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => {
      const lateMs = performance.now() - dueAt;
      if (lateMs <= STOOD_STILL_MS) return call();
      this.#timer = setTimeout(call, Math.min(lateMs, ms));
      if (this.#isUnref) this.#timer.unref();
    }, ms);
  }

  /** The process may end before it. */
  unref(): this {
    this.#isUnref = true;
    this.#timer.unref();
    return this;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#last);
  }
}

/** Resolves when it is connected. Rejects, and destroys it, where that fails or takes longer. */
export async function connectedWithin(socket: Socket, ms: number): Promise<void> {
  using _late = new Deadline(ms, () =>
    socket.destroy(new Error(`no connection within ${ms / 1000} seconds`)),
  );
  try {
    await once(socket, "connect");
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
