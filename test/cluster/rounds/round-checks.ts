import assert from "node:assert/strict";
import type { Standing } from "../../../src/store/replica/replica-reader.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import type { ClusterUnderTest } from "./cluster-under-test.ts";
import { compareReplicas } from "./compare-replicas.ts";
import type { NodeHandle } from "./node-handle.ts";
import type { Traffic } from "./traffic.ts";

const SURE_MS = 60_000;
const JUDGED_AT_ONCE = 500;

/** What was promised so far, and how far all of it was looked at. */
export class RoundChecks {
  readonly #cluster: ClusterUnderTest;
  readonly #greeted = new Set<KeyPin>();
  readonly #revoked = new Set<KeyPin>();
  /** When all rows and keys were compared last: the position of the log, and the last event. */
  #whole = { position: 0, event: 0 };

  constructor(cluster: ClusterUnderTest) {
    this.#cluster = cluster;
  }

  promised({ greeted, revoked }: Traffic): void {
    for (const pin of greeted.keys()) this.#greeted.add(pin);
    for (const pin of revoked.keys()) this.#revoked.add(pin);
  }

  /** Compares everything; or what was touched since that was done last. Says what that was. */
  async check(all: readonly Standing[], isWhole: boolean): Promise<string> {
    const cluster = this.#cluster;
    const [standing] = all;
    for (const one of all) assert.deepEqual(one, standing);
    this.#mustBeInLog();
    // What was compared may be what the log has lost.
    const { hasLost } = cluster;
    cluster.hasLost = false;
    const pins = isWhole || hasLost ? [...cluster.log.expected.keys] : [...this.#touched()];
    const replicas = cluster.nodes.map(({ replica }) => replica);
    if (isWhole || hasLost) compareReplicas(replicas);
    else compareReplicas(replicas, { pins, afterEvent: this.#whole.event });
    await Promise.all(cluster.nodes.map((node) => this.#judge(node, pins)));
    if (!isWhole && !hasLost) return `${pins.length} keys`;
    this.#whole = { position: cluster.log.position, event: standing?.head.sequence ?? 0 };
    return `all ${pins.length} keys`;
  }

  /** Nobody who was greeted is unknown, but for whom the log lost, who is told so; and whoever was revoked stays so. */
  #mustBeInLog(): void {
    const { expected, position } = this.#cluster.log;
    for (const pin of this.#greeted) {
      if (expected.stateAt(pin, position) !== undefined) continue;
      assert.ok(this.#cluster.hasLost, `${pin} was greeted, and is in the log`);
      this.#greeted.delete(pin);
    }
    for (const pin of this.#revoked) assert.equal(expected.stateAt(pin, position), "revoked");
  }

  #touched(): ReadonlySet<KeyPin> {
    const { expected, position } = this.#cluster.log;
    const pins = new Set<KeyPin>();
    for (let at = this.#whole.position + 1; at <= position; at++)
      for (const pin of expected.about(at)?.pins ?? [])
        if (expected.stateAt(pin, position) !== undefined) pins.add(pin);
    return pins;
  }

  async #judge(node: NodeHandle, pins: readonly KeyPin[]): Promise<void> {
    const { expected, position } = this.#cluster.log;
    const states = await judgedBy(node, pins);
    for (const [at, pin] of pins.entries())
      assert.equal(states[at], expected.stateAt(pin, position), `${pin} at ${node.name}`);
  }
}

/** Once it is sure of what it knows again. Some at a time: while it looks them up, it hears of nothing. */
async function judgedBy(node: NodeHandle, pins: readonly KeyPin[]): Promise<readonly string[]> {
  const all: string[] = [];
  let since = performance.now();
  while (all.length < pins.length) {
    const states = await node.judge(pins.slice(all.length, all.length + JUDGED_AT_ONCE));
    if (!states.includes("unavailable")) {
      all.push(...states);
      since = performance.now();
      continue;
    }
    if (performance.now() - since > SURE_MS)
      throw new Error(`${node.name} is not sure of what it knows any more`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return all;
}
