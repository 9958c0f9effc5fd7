import {
  type Beat,
  type KnownNode,
  NODE_KEPT_MS,
  type NodeReport,
  type NodeRoster,
} from "../../trust/port/node-roster.ts";

/** A roster that lasts as long as the process: for tests, and for simulations of many nodes in one. */
export class MemoryNodeRoster implements NodeRoster {
  readonly #now: () => number;
  readonly #nodes = new Map<string, KnownNode>();
  #rules: number;

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number, rules: number) {
    this.#now = now;
    this.#rules = rules;
  }

  async beat(report: NodeReport): Promise<Beat> {
    const at = this.#now();
    this.#nodes.set(report.id, { ...report, seenAt: at });
    for (const { id, seenAt } of this.#nodes.values()) if (at - seenAt > NODE_KEPT_MS) this.#nodes.delete(id);
    return { rules: this.#rules, isWritten: true };
  }

  async nodes(): Promise<readonly KnownNode[]> {
    return [...this.#nodes.values()].toSorted((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
  }

  async rules(): Promise<number> {
    return this.#rules;
  }

  async raiseRules(to: number): Promise<readonly KnownNode[]> {
    const behind = (await this.nodes()).filter(({ rules }) => rules < to);
    if (behind.length === 0) this.#rules = Math.max(this.#rules, to);
    return behind;
  }

  async forget(id: string): Promise<void> {
    this.#nodes.delete(id);
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
