/** After so long an answer is not waited for any more when there is a reason to ask again. */
export const LATE_MS = 30_000;

interface Question {
  readonly since: number;
  /** Whether something may have changed since it was asked. */
  isStale: boolean;
}

/**
 * One question at a time. Where much happens and answers are slow each of them is shown, and the next one is asked for then;
 * whoever gave up an answer for the next one would show none.
 */
export class Asking {
  readonly #again: () => void;
  #current: Question | undefined;
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(again: () => void) {
    this.#again = again;
  }

  /** Takes the place of whatever is under way. What this gives is to be called when there is an answer. */
  begin(): () => void {
    const own: Question = { since: performance.now(), isStale: false };
    this.#current = own;
    clearTimeout(this.#late);
    return () => {
      if (this.#current !== own) return;
      this.#current = undefined;
      clearTimeout(this.#late);
      if (own.isStale) this.#again();
    };
  }

  /** Asks again: at once, or when what is under way was answered, or is late. */
  lookAgain(): void {
    const current = this.#current;
    const leftMs = current === undefined ? 0 : current.since + LATE_MS - performance.now();
    if (current === undefined || leftMs <= 0) return this.#again();
    if (current.isStale) return;
    current.isStale = true;
    this.#late = setTimeout(this.#again, leftMs);
  }
}
