import { say } from "./output.ts";

/** How often somebody at a terminal hears of it, and how often a log does. */
const TERMINAL_MS = 1000;
const LOG_MS = 10_000;

/** Says on stderr how much of something is done while it takes long; nothing when `isQuiet`. */
export class Progress implements Disposable {
  readonly #whole: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #done = 0;

  constructor(whole: number, isQuiet: boolean) {
    this.#whole = whole;
    const everyMs = process.stderr.isTTY ? TERMINAL_MS : LOG_MS;
    if (!isQuiet) this.#timer = setInterval(() => say(`${this.#done} of ${this.#whole}`), everyMs).unref();
  }

  /** One more is done. */
  step(): void {
    this.#done++;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
