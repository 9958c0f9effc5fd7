/** After so long an answer is not waited for any more when there is a reason to ask again. */
const LATE_MS = 30_000;

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

  constructor(again: () => void) {
    this.#again = again;
  }

  /** Takes the place of whatever is under way. What this gives is to be called when there is an answer. */
  begin(): () => void {
    const own: Question = { since: performance.now(), isStale: false };
    this.#current = own;
    return () => {
      if (this.#current !== own) return;
      this.#current = undefined;
      if (own.isStale) this.#again();
    };
  }

  /** Asks again: at once, or when what is under way was answered. */
  lookAgain(): void {
    const current = this.#current;
    if (current === undefined || performance.now() - current.since > LATE_MS) this.#again();
    else current.isStale = true;
  }
}
