/** Numbers that follow from a seed (mulberry32), so that what they led to can be had again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below `bound`. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  }

  /** Once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly [T, ...T[]]): T {
    return list[this.below(list.length)] ?? list[0];
  }

  /** Another one, whose numbers do not depend on when they are asked for. */
  fork(): Random {
    return new Random(this.below(0xffffffff));
  }

  /** Nothing happens for some milliseconds, or for one turn of the event loop. */
  async pause(): Promise<void> {
    const ms = this.below(12);
    await new Promise<void>((resolve) => void (ms < 4 ? setImmediate(resolve) : setTimeout(resolve, ms)));
  }
}
