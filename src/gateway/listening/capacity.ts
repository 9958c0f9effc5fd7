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

  /** Gives a place back. Who is asked first whether it needs one is asked last the next time. */
  give(): void {
    this.#taken -= 1;
    for (const listener of this.#listeners) listener();
    const [first] = this.#listeners;
    if (first === undefined) return;
    this.#listeners.delete(first);
    this.#listeners.add(first);
  }

  /** Calls back whenever a place was given back. Returns how to stop. */
  onFreed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
