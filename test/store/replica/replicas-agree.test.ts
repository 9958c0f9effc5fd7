import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { below, DRAWN } from "../../trust/support/draws.ts";
import { type Draw, randomChange } from "../../trust/support/random-change.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { decidedRows } from "./support/decided-rows.ts";
import { MemoryNode } from "./support/memory-node.ts";

const AT = Date.UTC(2030, 0, 1);
const NODES = 3;

interface Step extends Draw {
  /** Which node it comes to. */
  readonly node: number;
  /** Whether that is ahead of all others when it does. */
  readonly isBehind: boolean;
}

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    ...DRAWN,
    waitMs: fc.constantFrom(0, 0, 1, 400_000, 90_000_000),
    node: below(NODES - 1),
    isBehind: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60, size: "max" },
);

const FIRST: Step = { kind: 0, key: 0, other: 0, name: 0, choice: 1, waitMs: 0, node: 0, isBehind: false };

/** A key is renewed at one node alone, and revoked by the certificate that it came with then. */
const BY_FINGERPRINT: readonly Step[] = [
  FIRST,
  { ...FIRST, kind: 12 },
  { ...FIRST, kind: 12, choice: 2 },
  { ...FIRST, kind: 18 },
];

describe("nodes that follow one log", () => {
  it("come to the same, whatever strangers brought to each of them", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const cluster = new MemoryCluster({
          stamp: ({ change }) => JSON.parse(change).change.at as number,
        });
        const nodes = Array.from({ length: NODES }, () => new MemoryNode(cluster));
        let at = AT;
        let together: Promise<unknown>[] = [];
        for (const step of all) {
          at += step.waitMs;
          const node = nodes[step.node];
          assert.ok(node);
          together.push(node.apply(randomChange(step, at)));
          if (step.isBehind) continue;
          await Promise.all(together);
          together = [];
        }
        await Promise.all(together);
        for (const { channel } of nodes) await channel.catchUp();
        const [first, ...others] = nodes.map(({ database }) => decidedRows(database));
        for (const other of others) assert.deepEqual(other, first);
        const [one, ...rest] = nodes.map(({ database }) => new ReplicaReader(database).standing());
        for (const standing of rest) assert.deepEqual(standing, one);
        for (const { channel } of nodes) await channel.close();
      }),
      { numRuns: Number(process.env["RUNS"] ?? 40), examples: [[BY_FINGERPRINT]] },
    );
  });
});
