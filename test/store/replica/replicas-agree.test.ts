import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import { openDatabase } from "../../../src/node-sqlite.ts";
import { LogChannel } from "../../../src/store/replica/log-channel.ts";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { createSchema } from "../../../src/store/sqlite/file/schema.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import { DirectChannel } from "../../../src/store/sqlite/writing/write-channel.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import type { Change } from "../../../src/trust/records/change.ts";
import { type Draw, randomChange } from "../../trust/support/random-change.ts";
import { decidedRows } from "./support/decided-rows.ts";

const AT = Date.UTC(2030, 0, 1);
const NODES = 3;
interface Step extends Draw {
  /** Which node it comes to. */
  readonly node: number;
  /** Whether that is ahead of all others when it does. */
  readonly isBehind: boolean;
}

const below = (most: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: most });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    kind: below(99),
    key: below(5),
    other: below(5),
    name: below(4),
    choice: below(11),
    waitMs: fc.constantFrom(0, 0, 1, 400_000, 90_000_000),
    node: below(NODES - 1),
    isBehind: fc.boolean(),
  }),
  { minLength: 1, maxLength: 60, size: "max" },
);

/** A node of a cluster in this process. */
class Node {
  readonly database: DatabaseSync = openDatabase(":memory:");
  readonly channel: LogChannel;

  constructor(cluster: MemoryCluster) {
    createSchema(this.database);
    this.channel = new LogChannel({
      cluster: {
        log: {
          append: (...a) => cluster.log.append(...a),
          read: (...r) => cluster.log.read(...r),
          onMore: () => () => undefined,
        },
        nodes: cluster.nodes,
        shared: cluster.shared,
        close: async () => undefined,
      },
      by: { node: randomUUID(), rules: 1 },
      replica: new ReplicaReader(this.database),
      channel: new DirectChannel(new SqliteWriter(this.database)),
    });
  }

  async apply(change: Change): Promise<void> {
    try {
      await this.channel.write({ kind: "change", change: prepareChange(change) });
    } catch (error) {
      if (!isHandclaspError(error)) throw error;
    }
  }
}

describe("nodes that follow one log", () => {
  it("come to the same, whatever strangers brought to each of them", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const cluster = new MemoryCluster({
          stamp: ({ change }) => JSON.parse(change).change.at as number,
        });
        const nodes = Array.from({ length: NODES }, () => new Node(cluster));
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
      { numRuns: Number(process.env["RUNS"] ?? 40) },
    );
  });
});
