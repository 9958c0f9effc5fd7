/**
 * Calls back once the milliseconds are over, unless it was disposed of by then. What came meanwhile is read first: timers
 * of a process that stood still are due before anything that is there to be read, and its own silence is not another's.
 */
export class Deadline implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #last: NodeJS.Immediate | undefined;

  constructor(ms: number, missed: () => void) {
    this.#timer = setTimeout(() => {
      this.#last = setImmediate(missed);
    }, ms);
  }

  /** The process may end before it. */
  unref(): this {
    this.#timer.unref();
    return this;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#last);
  }
}
