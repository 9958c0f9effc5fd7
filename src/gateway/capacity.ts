/** How many connections a process can have, all its listeners together. */
export class Capacity {
  readonly most: number;
  readonly #listeners = new Set<() => void>();
  #taken = 0;

  constructor(most: number) {
    this.most = most;
  }

  /** Takes a place, if there is one. */
  take(): boolean {
    if (this.#taken >= this.most) return false;
    this.#taken += 1;
    return true;
  }

  /** Gives a place back. */
  give(): void {
    this.#taken -= 1;
    for (const listener of this.#listeners) listener();
  }

  /** Calls back whenever a place was given back. Returns how to stop. */
  onFreed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
