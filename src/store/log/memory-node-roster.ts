import {
  type Beat,
  type KnownNode,
  MOST_NODES,
  NODE_KEPT_MS,
  type NodeReport,
  type NodeRoster,
  TURNS_MS,
} from "../../trust/port/node-roster.ts";

/** On what a machine runs, and what it ran on before. */
interface Turn {
  readonly on: string;
  readonly before: string | undefined;
  readonly at: number;
  readonly doubledAt: number;
}

/** A roster that lasts as long as the process: for tests, and for simulations of many nodes in one. */
export class MemoryNodeRoster implements NodeRoster {
  readonly #now: () => number;
  readonly #nodes = new Map<string, KnownNode>();
  readonly #turns = new Map<string, Turn>();
  #rules: number;

  /** `now` gives milliseconds since the epoch. */
  constructor(now: () => number, rules: number) {
    this.#now = now;
    this.#rules = rules;
  }

  async beat({ runOn = "", ...report }: NodeReport): Promise<Beat> {
    const at = this.#now();
    this.#turn(report.id, runOn, at);
    const [oldest] = [...this.#nodes.values()].toSorted((a, b) => a.seenAt - b.seenAt);
    if (this.#nodes.size >= MOST_NODES && !this.#nodes.has(report.id) && oldest !== undefined)
      this.#nodes.delete(oldest.id);
    this.#nodes.set(report.id, { ...report, seenAt: at });
    for (const { id, seenAt } of this.#nodes.values()) if (at - seenAt > NODE_KEPT_MS) this.#nodes.delete(id);
    return { rules: this.#rules, isWritten: true };
  }

  async visit(): Promise<Beat> {
    return { rules: this.#rules, isWritten: true };
  }

  async nodes(): Promise<readonly KnownNode[]> {
    return [...this.#nodes.values()]
      .toSorted((a, b) => compare(a.name, b.name) || compare(a.id, b.id))
      .map((node) => ({ ...node, ...(this.#isDoubled(node.id) && { isDoubled: true }) }));
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

  #turn(id: string, on: string, at: number): void {
    const last = this.#turns.get(id);
    if (last?.on === on) return;
    const isBack = last?.before === on && at - last.at < TURNS_MS;
    this.#turns.set(id, {
      on,
      before: last?.on,
      at,
      doubledAt: isBack ? at : (last?.doubledAt ?? -Infinity),
    });
  }

  #isDoubled(id: string): boolean {
    return this.#now() - (this.#turns.get(id)?.doubledAt ?? -Infinity) < TURNS_MS;
  }
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
