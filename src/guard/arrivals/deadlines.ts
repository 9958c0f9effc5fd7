import type { Duplex } from "node:stream";
import { STOOD_STILL_MS } from "../../deadline.ts";

/** A connection that has to get somewhere in time. */
export interface Waiting {
  readonly transport: Duplex;
  /** On the clock of `performance.now()`; set here. */
  dueAt: number;
}

/** Connections that must come to an end: so many at the most, so long at the most, the oldest out first. */
export class Deadlines {
  readonly #waiting = new Set<Waiting>();
  /** Those that go first. */
  readonly #unspared = new Set<Waiting>();
  readonly #max: number;
  readonly #forMs: number;
  readonly #count: ((why: "timedOut" | "dropped") => void) | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #sweptAt = 0;

  constructor(max: number, forMs: number, count?: (why: "timedOut" | "dropped") => void) {
    this.#max = max;
    this.#forMs = forMs;
    this.#count = count;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** How many go only when there is no other one. */
  get spared(): number {
    return this.#waiting.size - this.#unspared.size;
  }

  add(handshake: Waiting): void {
    if (this.#waiting.size >= this.#max) this.#drop();
    handshake.dueAt = performance.now() + this.#forMs;
    this.#waiting.add(handshake);
    this.#unspared.add(handshake);
    if (this.#sweep !== undefined) return;
    this.#sweptAt = performance.now();
    this.#sweep = setInterval(() => this.#end(), sweepEveryMs(this.#forMs)).unref();
  }

  /** It goes for its age only when there is no other one to go. */
  spare(handshake: Waiting): void {
    this.#unspared.delete(handshake);
  }

  delete(handshake: Waiting): void {
    this.#waiting.delete(handshake);
    this.#unspared.delete(handshake);
  }

  /** Gives all of them up at once. */
  clear(): void {
    for (const handshake of this.#waiting) handshake.transport.destroy();
    this.#waiting.clear();
    this.#unspared.clear();
    this.#stop();
  }

  #drop(): void {
    const [oldest] = this.#unspared.size > 0 ? this.#unspared : this.#waiting;
    if (oldest === undefined) return;
    this.delete(oldest);
    this.#count?.("dropped");
    oldest.transport.destroy();
  }

  /** All wait equally long, so the set is in the order in which they are due. */
  #end(): void {
    const now = performance.now();
    const lateMs = now - this.#sweptAt - sweepEveryMs(this.#forMs);
    this.#sweptAt = now;
    // Nobody was heard meanwhile. A process that is only slow, as under a flood, gives nobody more time for that.
    if (lateMs > Math.max(STOOD_STILL_MS, this.#forMs / 10))
      for (const handshake of this.#waiting) handshake.dueAt += lateMs;
    for (const handshake of this.#waiting) {
      if (handshake.dueAt > now) break;
      this.delete(handshake);
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

/** Often: thousands that are due at once take long to end. */
function sweepEveryMs(forMs: number): number {
  return Math.min(100, Math.max(10, forMs / 4));
}
