import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { compactLog, planCompact } from "../../src/store/compact-log.ts";
import { MemoryCluster } from "../../src/store/log/memory-cluster.ts";
import { LOG_START, type LogPlace } from "../../src/trust/port/change-log.ts";
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
  it("is cut by what who cuts it came to, now and before, whatever machines say that counts", async () => {
    const cluster = new MemoryCluster();
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < 5; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    const at = async (position: number): Promise<LogPlace> => ({
      position,
      hash: await hashAt(cluster, position),
    });
    const [second, third, fourth] = [await at(2), await at(3), await at(4)];
    const cut = async (made: string): Promise<readonly [number, readonly string[]]> => {
      const plan = await planCompact(cluster, { keep: 2, leaveBehind: true, made });
      await compactLog(cluster, plan);
      const kept = (await cluster.snapshots.list()).filter((one) => one.kept);
      return [plan.before, kept.map(({ id }) => id)];
    };
    await putSnapshot(cluster, { position: 1, hash: await hashAt(cluster, 1) });
    const made = await putSnapshot(cluster, second);
    await putSnapshot(cluster, third);
    await putSnapshot(cluster, { position: 1_000_000, hash: "ab".repeat(32) });
    assert.deepEqual(await cut(made), [2, [made]]);
    const later = await putSnapshot(cluster, third);
    assert.deepEqual(await cut(later), [2, [later, made]]);
    const last = await putSnapshot(cluster, fourth);
    assert.deepEqual(await cut(last), [3, [last, later]]);
  });
});

describe("who cuts a log", () => {
  it("is not waited for, though it was not as far when it said so last; others are", async () => {
    const cluster = new MemoryCluster();
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < 4; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    const made = await putSnapshot(cluster, { position: 4, hash: await hashAt(cluster, 4) });
    const said = { version: "1", rules: 1, head: CHAIN_START, digest: DIGEST, listeners: [] };
    await cluster.nodes.beat({ ...said, id: by.node, name: "here", position: 1 });
    const alone = await planCompact(cluster, { keep: 1, leaveBehind: false, here: by.node, made });
    assert.deepEqual([alone.before, alone.heldBy], [4, []]);
    await cluster.nodes.beat({ ...said, id: randomUUID(), name: "other", position: 2 });
    const { before, heldBy } = await planCompact(cluster, {
      keep: 1,
      leaveBehind: false,
      here: by.node,
      made,
    });
    assert.deepEqual([before, heldBy.map(({ name }) => name)], [2, ["other"]]);
  });
});

describe("a machine that is not as far as the log that is left", () => {
  it("is not waited for any more once it was left behind: the log is said to begin where it does", async () => {
    const cluster = new MemoryCluster();
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < 6; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    const said = { version: "1", rules: 1, head: CHAIN_START, digest: DIGEST, listeners: [] };
    await cluster.nodes.beat({ ...said, id: randomUUID(), name: "gone", position: 1 });
    const made = await putSnapshot(cluster, { position: 3, hash: await hashAt(cluster, 3) });
    const left = await planCompact(cluster, { keep: 1, leaveBehind: true, made });
    assert.equal(await compactLog(cluster, left), 2);
    await cluster.nodes.beat({ ...said, id: randomUUID(), name: "other", position: 5 });
    const last = await putSnapshot(
      cluster,
      (await cluster.log.read(left.kept[0]?.place ?? assert.fail(), 9)).head,
    );
    const plan = await planCompact(cluster, { keep: 1, leaveBehind: false, made: last });
    assert.deepEqual([plan.before, names(plan.leftBehind), names(plan.heldBy)], [5, ["gone"], ["other"]]);
    // One that has nothing may be about to begin.
    await cluster.nodes.beat({ ...said, id: randomUUID(), name: "new", position: 0 });
    const held = await planCompact(cluster, { keep: 1, leaveBehind: false, made: last });
    assert.deepEqual([held.before, names(held.heldBy)], [3, ["new", "other"]]);
  });

  it("is left behind by no log that is whole, though it has carried out nothing yet", async () => {
    const cluster = new MemoryCluster();
    const by = { node: randomUUID(), rules: 1 };
    for (let at = 0; at < 3; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    const said = { version: "1", rules: 1, head: CHAIN_START, digest: DIGEST, listeners: [] };
    await cluster.nodes.beat({ ...said, id: randomUUID(), name: "new", position: 0 });
    const made = await putSnapshot(cluster, { position: 3, hash: await hashAt(cluster, 3) });
    const plan = await planCompact(cluster, { keep: 1, leaveBehind: false, made });
    assert.deepEqual([plan.before, names(plan.leftBehind), names(plan.heldBy)], [1, [], ["new"]]);
    const past = await planCompact(cluster, { keep: 1, leaveBehind: true, made });
    assert.deepEqual([past.before, names(past.leftBehind), names(past.heldBy)], [3, ["new"], []]);
  });

  it("has what the log begins with stay, when it is at the first change", async () => {
    const cluster = new MemoryCluster();
    const by = { node: randomUUID(), rules: 1 };
    const copied = await putSnapshot(cluster, LOG_START);
    for (let at = 0; at < 3; at++) await cluster.log.append([{ id: randomUUID(), change: "{}" }], by);
    const said = { version: "1", rules: 1, head: CHAIN_START, digest: DIGEST, listeners: [] };
    await cluster.nodes.beat({ ...said, id: randomUUID(), name: "other", position: 1 });
    const made = await putSnapshot(cluster, { position: 3, hash: await hashAt(cluster, 3) });
    const plan = await planCompact(cluster, { keep: 1, leaveBehind: false, made });
    assert.deepEqual([plan.before, plan.dropped, plan.others.map(({ id }) => id)], [1, [], [copied]]);
    await compactLog(cluster, plan);
    assert.deepEqual(
      (await cluster.snapshots.list()).map(({ id }) => id).toSorted(),
      [copied, made].toSorted(),
    );
  });
});

function names(nodes: readonly { readonly name: string }[]): readonly string[] {
  return nodes.map(({ name }) => name);
}

async function hashAt({ log }: MemoryCluster, position: number): Promise<string> {
  const { entries } = await log.read({ position: 0, hash: "0".repeat(64) }, position);
  return entries[position - 1]?.hash ?? assert.fail();
}
