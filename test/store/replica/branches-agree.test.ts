import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { auditRows } from "../../../src/trust/chain/audit-rows.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { TrustDigest } from "../../../src/store/sqlite/digest/trust-digest.ts";
import { storedEvents, trustRows } from "../../../src/store/sqlite/tables/trust-rows.ts";
import { parseEvent, type TrustEvent } from "../../../src/trust/records/events.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { below, DRAWN } from "../../trust/support/draws.ts";
import { type Draw, randomChange } from "../../trust/support/random-change.ts";
import { decidedRows } from "./support/decided-rows.ts";
import { MemoryNode } from "./support/memory-node.ts";

const AT = Date.UTC(2030, 0, 1);
const NODES = 3;

interface Step extends Draw {
  /** Which node it comes to; the others hear of it when they do something. */
  readonly node: number;
}

interface Story {
  /** What is done first. */
  readonly before: readonly Step[];
  /** What is lost, or some of it. */
  readonly tail: readonly Step[];
  /** How much of the tail is kept. */
  readonly kept: number;
  /** In which order the nodes learn of it. */
  readonly order: number;
  /** What is done then. */
  readonly after: readonly Step[];
}

const step: fc.Arbitrary<Step> = fc.record({
  ...DRAWN,
  waitMs: fc.constantFrom(0, 0, 1, 400_000),
  node: below(NODES - 1),
});
const stories: fc.Arbitrary<Story> = fc.record({
  before: fc.array(step, { maxLength: 30, size: "max" }),
  tail: fc.array(step, { minLength: 1, maxLength: 30, size: "max" }),
  kept: below(30),
  order: below(5),
  after: fc.array(step, { maxLength: 10, size: "max" }),
});

/** Every replica has something in common with the log. */
const FIRST: Step = { kind: 0, key: 0, other: 0, name: 0, choice: 0, waitMs: 0, node: 0 };

/** A key that waits at one node alone comes to the others with a version that they did not count to. */
const BROUGHT: Story = {
  before: [],
  tail: [{ ...FIRST, kind: 55 }, { ...FIRST, key: 1, name: 2 }, { ...FIRST, name: 2, node: 1 }, FIRST],
  kept: 0,
  order: 0,
  after: [{ ...FIRST, kind: 6, node: 1 }],
};

describe("nodes whose log loses its tail", () => {
  it("come to one chain, and admit nobody from whom trust was taken on the branch", async () => {
    await fc.assert(
      fc.asyncProperty(stories, async ({ before, tail, kept, order, after }) => {
        const cluster = new MemoryCluster({ stamp: ({ change }) => JSON.parse(change).change.at as number });
        const nodes = Array.from({ length: NODES }, () => new MemoryNode(cluster));
        let at = AT;
        const take = async (steps: readonly Step[]): Promise<void> => {
          for (const one of steps) {
            at += one.waitMs;
            await nodes[one.node]?.apply(randomChange(one, at));
          }
        };
        await take([FIRST, ...before]);
        const begun = await length(cluster);
        await take(tail);
        cluster.log.cut(Math.min(begun + kept, await length(cluster)));

        const taken = new Map(nodes.map((node) => [node, chainOf(node)]));
        for (let turn = 0; turn < NODES; turn++) await nodes[(turn + order) % NODES]?.channel.catchUp();
        const lost = nodes.map((node) => lostBy(taken.get(node) ?? [], chainOf(node)));
        for (const { channel } of nodes) await channel.catchUp();
        for (const { tables } of nodes) {
          for (const pin of barredBy(lost)) {
            const state = tables.key(pin)?.state;
            assert.ok(state !== undefined && state !== "trusted", `${pin} is ${state ?? "unheard of"}`);
          }
        }
        await take(after);
        for (const { channel } of nodes) await channel.catchUp();
        const [first, ...others] = nodes.map(({ database }) => decidedRows(database));
        for (const other of others) assert.deepEqual(other, first);
        const [one, ...rest] = nodes.map(({ database }) => new ReplicaReader(database).standing());
        for (const standing of rest) assert.deepEqual(standing, one);
        for (const { database } of nodes) {
          const digest = new TrustDigest(database);
          assert.equal(digest.kept(), digest.recomputed());
        }
        for (const { database } of nodes) {
          const { chain, rows } = auditRows(storedEvents(database), trustRows(database));
          assert.equal(chain.broken, null);
          assert.deepEqual(rows?.differences, []);
        }
        for (const { channel } of nodes) await channel.close();
      }),
      { numRuns: Number(process.env["RUNS"] ?? 40), examples: [[BROUGHT]] },
    );
  });
});

/** Whom nobody may admit: one lost chain is the beginning of another. Who was forgotten last is as good as new. */
function barredBy(lost: readonly (readonly TrustEvent[])[]): readonly KeyPin[] {
  const [longest = []] = lost.toSorted((one, other) => other.length - one.length);
  const taking = longest.filter(({ before, after, type }) => {
    return type === "forgotten" || (after !== null && after !== "trusted" && before !== after);
  });
  const last = new Map(taking.map(({ pin, type }) => [pin, type]));
  return [...last].flatMap(([pin, type]) => (pin === null || type === "forgotten" ? [] : [pin]));
}

interface Chained {
  readonly event: TrustEvent;
  readonly hash: string;
}

function chainOf({ database }: MemoryNode): readonly Chained[] {
  return Array.from(storedEvents(database), ({ json, hash }) => {
    const event = parseEvent(json);
    assert.ok(event);
    return { event, hash };
  });
}

/** What a chain had that it does not have now. */
function lostBy(before: readonly Chained[], now: readonly Chained[]): readonly TrustEvent[] {
  return before.filter(({ hash }, index) => now[index]?.hash !== hash).map(({ event }) => event);
}

async function length(cluster: MemoryCluster): Promise<number> {
  const { head } = await cluster.log.read({ position: 0, hash: "0".repeat(64) }, 0);
  return head.position;
}
