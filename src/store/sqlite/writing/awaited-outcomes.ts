import type { Written } from "./write-result.ts";

interface Awaited {
  readonly position: number;
  readonly resolve: (written: Written) => void;
  readonly reject: (error: unknown) => void;
}

/** What changes come to that somebody waits for: looked for together, and not before the replica is as far. */
export class AwaitedOutcomes {
  readonly #outcomesOf: (ids: readonly string[]) => ReadonlyMap<string, Written>;
  readonly #awaited = new Map<string, Awaited>();

  constructor(outcomesOf: (ids: readonly string[]) => ReadonlyMap<string, Written>) {
    this.#outcomesOf = outcomesOf;
  }

  /** Resolves once a change that has this position in the log, or a later one, is found to be carried out. */
  of(id: string, position: number): Promise<Written> {
    const { promise, resolve, reject } = Promise.withResolvers<Written>();
    this.#awaited.set(id, { position, resolve, reject });
    return promise;
  }

  /** Nobody waits for it any more. */
  forget(id: string): void {
    this.#awaited.delete(id);
  }

  /** The replica is so far now. */
  look(reached: number): void {
    const due = [...this.#awaited].filter(([, { position }]) => position <= reached);
    if (due.length === 0) return;
    try {
      const found = this.#outcomesOf(due.map(([id]) => id));
      for (const [id, { resolve }] of due) {
        const written = found.get(id);
        if (written !== undefined) resolve(written);
      }
    } catch (error) {
      for (const [, { reject }] of due) reject(error);
    }
  }
}
