import type { Duplex } from "node:stream";

/** A connection that has to get somewhere in time. */
export interface Waiting {
  readonly transport: Duplex;
  /** On the clock of `performance.now()`; set here. */
  dueAt: number;
}

/** Connections that must come to an end: so many at the most, so long at the most, the oldest out first. */
export class Deadlines {
  readonly #waiting = new Set<Waiting>();
  readonly #max: number;
  readonly #forMs: number;
  readonly #count: ((why: "timedOut" | "dropped") => void) | undefined;
  #sweep: NodeJS.Timeout | undefined;

  constructor(max: number, forMs: number, count?: (why: "timedOut" | "dropped") => void) {
    this.#max = max;
    this.#forMs = forMs;
    this.#count = count;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(handshake: Waiting): void {
    if (this.#waiting.size >= this.#max) this.#drop();
    handshake.dueAt = performance.now() + this.#forMs;
    this.#waiting.add(handshake);
    this.#sweep ??= setInterval(() => this.#end(), sweepEveryMs(this.#forMs)).unref();
  }

  delete(handshake: Waiting): void {
    this.#waiting.delete(handshake);
  }

  /** Gives all of them up at once. */
  clear(): void {
    for (const handshake of this.#waiting) handshake.transport.destroy();
    this.#waiting.clear();
    this.#stop();
  }

  #drop(): void {
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#waiting.delete(oldest);
    this.#count?.("dropped");
    oldest.transport.destroy();
  }

  /** All wait equally long, so the set is in the order in which they are due. */
  #end(): void {
    const now = performance.now();
    for (const handshake of this.#waiting) {
      if (handshake.dueAt > now) break;
      this.#waiting.delete(handshake);
      this.#count?.("timedOut");
      handshake.transport.destroy();
    }
    if (this.#waiting.size === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}

function sweepEveryMs(forMs: number): number {
  return Math.min(1000, Math.max(10, forMs / 4));
}
