import { MOST_READ, type ReadRow } from "../../trust/port/shared-rows.ts";

/** How many are kept. */
const MOST = 200_000;
/** Neither a key's pin nor an API token's id is longer. */
const LONGEST_KEY = 100;

/**
 * When others saw what is not here: they told it after the log had it, so it is kept, in memory, until the log was carried
 * out. Of too many the last are left out: a moment that is lost costs little.
 */
export class MomentsAside {
  readonly #carryOut: () => Promise<void>;
  readonly #most: number;
  readonly #waiting = new Map<string, ReadRow>();
  #ready: readonly ReadRow[] = [];
  #carrying: Promise<void> | undefined;

  /** What is given resolves when the replica has all that was in the log when it was called. */
  constructor(carryOut: () => Promise<void>, most: number = MOST) {
    this.#carryOut = carryOut;
    this.#most = most;
  }

  get areWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  get areReady(): boolean {
    return this.#ready.length > 0;
  }

  put(rows: readonly ReadRow[]): void {
    for (const row of rows) {
      const place = `${row.kind} ${row.key}`;
      const hasRoom = this.#waiting.has(place) || this.#waiting.size + this.#ready.length < this.#most;
      if (hasRoom && row.key.length <= LONGEST_KEY) this.#waiting.set(place, { ...row, value: "" });
    }
  }

  /** Some of those for which the log was carried out, whether it led to what they are of or not: as many as are written at a time. */
  ready(): readonly ReadRow[] {
    return this.#ready.slice(0, MOST_READ);
  }

  /** The first that were ready are written. */
  written(count: number): void {
    this.#ready = this.#ready.slice(count);
  }

  /** Resolves when those that wait now are ready; rejects where the log cannot be carried out. */
  async carry(): Promise<void> {
    // It may have begun before some of them were here.
    if (this.#carrying !== undefined) await this.#carrying.catch(() => undefined);
    if (this.areWaiting) await (this.#carrying ??= this.#run());
  }

  async #run(): Promise<void> {
    const carried = [...this.#waiting];
    try {
      await this.#carryOut();
    } finally {
      this.#carrying = undefined;
    }
    // What was put again meanwhile is a later moment.
    for (const [place, row] of carried) if (this.#waiting.get(place) === row) this.#waiting.delete(place);
    this.#ready = [...this.#ready, ...carried.map(([, row]) => row)];
  }
}
