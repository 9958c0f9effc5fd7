/** How often it may have run out too early: each time there is twice the time. */
const MOST_ATTEMPTS = 7;

/** Something that lasts for a moment, and what is done as long as it does; what was opened for that is closed with it. */
export class Attempt extends AsyncDisposableStack {
  /** How long it is to last. */
  readonly forMs: number;
  #until = Number.POSITIVE_INFINITY;
  #atLatest = Number.POSITIVE_INFINITY;

  constructor(forMs: number) {
    super();
    this.forMs = forMs;
  }

  /** When it runs out, milliseconds since the epoch. */
  get until(): number {
    return this.#until;
  }

  /** Says when it runs out, as soon as that is known; `atLatest` where it is known for some time only. */
  runsOutAt(moment: number, atLatest: number = moment): number {
    this.#until = moment;
    this.#atLatest = atLatest;
    return moment;
  }

  get isOver(): boolean {
    return Date.now() >= this.#until;
  }

  /** Resolves when it has run out. */
  async over(): Promise<void> {
    for (let leftMs; (leftMs = this.#atLatest - Date.now()) > 0;) {
      await new Promise((resolve) => setTimeout(resolve, leftMs));
    }
  }
}

/**
 * Does what has to be done before something runs out. Where the machine was too slow for that, it is done anew, with twice
 * the time; what fails before is a failure. Resolves to what `act` came to and the attempt, which the caller closes.
 */
export async function beforeItRunsOut<T extends object>(
  forMs: number,
  act: (attempt: Attempt) => Promise<T>,
): Promise<T & AsyncDisposable & { readonly attempt: Attempt }> {
  let late: unknown;
  for (let attempts = 0; attempts < MOST_ATTEMPTS; attempts++) {
    const attempt = new Attempt(forMs * 2 ** attempts);
    let isInTime = false;
    try {
      const done = await act(attempt);
      isInTime = !attempt.isOver;
      if (isInTime) {
        return { ...done, attempt, [Symbol.asyncDispose]: () => attempt.disposeAsync() };
      }
    } catch (error) {
      if (!attempt.isOver) throw error;
      late = error;
    } finally {
      if (!isInTime) await attempt.disposeAsync();
    }
  }
  const most = forMs * 2 ** (MOST_ATTEMPTS - 1);
  throw new Error(`it ran out before all was done, even when it lasted for ${most} ms`, { cause: late });
}
