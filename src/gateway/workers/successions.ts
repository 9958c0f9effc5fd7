/** A worker that lived longer did not die of how it was started. */
const SETTLED_MS = 5000;
const MOST_DELAY_MS = 5000;

/** When a worker that died is followed by another one: at once, unless one after the other dies of how it was started. */
export class Successions {
  #failures = 0;

  /** Milliseconds to wait after one that lived so long. */
  delayAfter(livedMs: number): number {
    this.#failures = livedMs > SETTLED_MS ? 0 : this.#failures + 1;
    return this.#failures < 2 ? 0 : Math.min(MOST_DELAY_MS, 50 * 2 ** this.#failures);
  }
}
