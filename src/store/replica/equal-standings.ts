import { hasNothing, type NodeReport } from "../../trust/port/node-roster.ts";

/** Of how many of its own places a machine knows where it stood. */
const PLACES_KEPT = 1000;

type Said = Pick<NodeReport, "id" | "name" | "position" | "head" | "digest">;

/** Whether machines that are equally far came to the same: by what each said last, and this one said lately. */
export class EqualStandings {
  readonly #own = new Map<number, string>();
  readonly #unequal = new Map<string, string>();
  #last = 0;

  /** The names of those that came to something else, until they are found to be equal again at another place. */
  get unequal(): readonly string[] {
    return [...this.#unequal.values()].toSorted();
  }

  /** Where this machine is, and what it came to there. */
  note(own: Said): void {
    // It left a branch: what it had come to is no more.
    if (own.position < this.#last) this.#own.clear();
    this.#last = own.position;
    if (hasNothing(own)) return;
    this.#own.set(own.position, standingOf(own));
    const [oldest] = this.#own.keys();
    if (this.#own.size > PLACES_KEPT && oldest !== undefined) this.#own.delete(oldest);
  }

  /** What all machines said last; those that are nowhere where this one was are neither equal nor unequal. */
  compare(nodes: readonly Said[]): void {
    for (const node of nodes) {
      const own = this.#own.get(node.position);
      // Of whom nothing is known it is not known either what it came to.
      if (own === undefined || node.digest === "" || hasNothing(node)) continue;
      if (own === standingOf(node)) this.#unequal.delete(node.id);
      else this.#unequal.set(node.id, node.name);
    }
    const known = new Set(nodes.map(({ id }) => id));
    for (const id of this.#unequal.keys()) if (!known.has(id)) this.#unequal.delete(id);
  }
}

function standingOf({ head, digest }: Said): string {
  return `${head.sequence} ${head.hash} ${digest}`;
}
