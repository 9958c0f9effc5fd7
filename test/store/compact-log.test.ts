import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { compactLog, planCompact } from "../../src/store/compact-log.ts";
import { MemoryCluster } from "../../src/store/log/memory-cluster.ts";
import type { LogPlace } from "../../src/trust/port/change-log.ts";
import { CHAIN_START } from "../../src/trust/records/events.ts";

const DIGEST = "00".repeat(32);

async function putSnapshot({ snapshots }: MemoryCluster, place: LogPlace): Promise<string> {
  const facts = { id: randomUUID(), place, head: CHAIN_START, digest: DIGEST, madeBy: randomUUID() };
  await snapshots.begin(facts);
  await snapshots.finish(facts.id);
  for (const way of ["follows", "anew"] as const)
    await snapshots.confirm(facts.id, { node: facts.madeBy, way, digest: DIGEST });
  return facts.id;
}

describe("a log that is cut", () => {
  it("is cut by snapshots that it goes on from, whatever else somebody says that counts", async () => {
    const cluster = new MemoryCluster();
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < 4; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    const { entries } = await cluster.log.read({ position: 1, hash: await hashAt(cluster, 1) }, 10);
    const [second, third] = entries;
    assert.ok(second && third);
    const earlier = await putSnapshot(cluster, { position: 2, hash: second.hash });
    const later = await putSnapshot(cluster, { position: 3, hash: third.hash });
    await putSnapshot(cluster, { position: 4, hash: "ab".repeat(32) });
    await putSnapshot(cluster, { position: 1_000_000, hash: "ab".repeat(32) });
    const plan = await planCompact(cluster, { keep: 2, leaveBehind: true });
    assert.deepEqual(
      plan.kept.map(({ id }) => id),
      [later, earlier],
    );
    assert.equal(plan.before, 2);
    assert.deepEqual(plan.dropped, []);
    await compactLog(cluster, plan);
    const kept = (await cluster.snapshots.list()).filter((one) => one.kept);
    assert.deepEqual(
      kept.map(({ id }) => id),
      [later, earlier],
    );
  });
});

describe("who cuts a log", () => {
  it("is not waited for, though it was not as far when it said so last; others are", async () => {
    const cluster = new MemoryCluster();
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < 4; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    await putSnapshot(cluster, { position: 4, hash: await hashAt(cluster, 4) });
    const said = { version: "1", rules: 1, head: CHAIN_START, digest: DIGEST, listeners: [] };
    await cluster.nodes.beat({ ...said, id: by.node, name: "here", position: 1 });
    const alone = await planCompact(cluster, { keep: 1, leaveBehind: false, here: by.node });
    assert.deepEqual([alone.before, alone.heldBy], [4, []]);
    await cluster.nodes.beat({ ...said, id: randomUUID(), name: "other", position: 2 });
    const { before, heldBy } = await planCompact(cluster, { keep: 1, leaveBehind: false, here: by.node });
    assert.deepEqual([before, heldBy.map(({ name }) => name)], [2, ["other"]]);
  });
});

async function hashAt({ log }: MemoryCluster, position: number): Promise<string> {
  const { entries } = await log.read({ position: 0, hash: "0".repeat(64) }, position);
  return entries[position - 1]?.hash ?? assert.fail();
}
