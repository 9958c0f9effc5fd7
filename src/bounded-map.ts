/** Of so many entries at the most: one more pushes out what was set longest ago. */
export class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  /** Whether another key pushes one out. */
  get isFull(): boolean {
    return this.size >= this.#most;
  }

  /** What was there already is set just now, too. */
  override set(key: Key, value: Value): this {
    if (!this.delete(key) && this.isFull) {
      for (const oldest of this.keys()) {
        this.delete(oldest);
        break;
      }
    }
    return super.set(key, value);
  }
}
