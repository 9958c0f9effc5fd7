import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { isNeeded, snapshotMeant } from "../../src/store/drop-snapshot.ts";
import { MemoryCluster } from "../../src/store/log/memory-cluster.ts";
import { LOG_START, type LogPlace } from "../../src/trust/port/change-log.ts";
import type { Snapshot } from "../../src/trust/port/snapshot-shelf.ts";
import { CHAIN_START } from "../../src/trust/records/events.ts";

const DIGEST = "00".repeat(32);

async function put(cluster: MemoryCluster, place: LogPlace, counts = true): Promise<Snapshot> {
  const { snapshots } = cluster;
  const facts = { id: randomUUID(), place, head: CHAIN_START, digest: DIGEST, madeBy: randomUUID() };
  await snapshots.begin(facts);
  await snapshots.finish(facts.id);
  if (counts) await snapshots.confirm(facts.id, { node: facts.madeBy, way: "anew", digest: DIGEST });
  return snapshotMeant(cluster, facts.id);
}

/** So many changes, and the places of them. */
async function places({ log }: MemoryCluster, many: number): Promise<readonly LogPlace[]> {
  const by = { node: randomUUID(), rules: 1 };
  for (let at = 0; at < many; at++) await log.append([{ id: randomUUID(), change: "{}" }], by);
  return (await log.read(LOG_START, many)).entries;
}

describe("taking a snapshot away", () => {
  it("keeps what the log goes on from, and nothing else", async () => {
    const cluster = new MemoryCluster();
    const copy = await put(cluster, LOG_START);
    assert.ok(await isNeeded(cluster, copy));
    const another = await put(cluster, LOG_START);
    assert.ok(!(await isNeeded(cluster, copy)));
    await cluster.snapshots.drop(another.id);
    const [, second, third] = await places(cluster, 3);
    assert.ok(second && third);
    const [one, two] = [await put(cluster, second), await put(cluster, third)];
    assert.deepEqual([await isNeeded(cluster, one), await isNeeded(cluster, copy)], [false, true]);
    await cluster.log.cutBefore(2);
    const forged = await put(cluster, { position: 3, hash: "ab".repeat(32) });
    assert.deepEqual([await isNeeded(cluster, one), await isNeeded(cluster, copy)], [false, false]);
    await cluster.snapshots.drop(two.id);
    const uncounted = await put(cluster, third, false);
    assert.deepEqual(
      await Promise.all([one, forged, uncounted].map((snapshot) => isNeeded(cluster, snapshot))),
      [true, false, false],
    );
  });

  it("takes the beginning of an id, if it is the only one that begins so", async () => {
    const cluster = new MemoryCluster();
    const { id } = await put(cluster, LOG_START);
    assert.equal((await snapshotMeant(cluster, id.slice(0, 8).toUpperCase())).id, id);
    await assert.rejects(snapshotMeant(cluster, ""), { code: "ERR_HANDCLASP_NOT_FOUND" });
    await assert.rejects(snapshotMeant(cluster, "zz"), { code: "ERR_HANDCLASP_NOT_FOUND" });
    const facts = { ...(await snapshotMeant(cluster, id)), id: id.slice(0, 8) + randomUUID().slice(8) };
    await cluster.snapshots.begin(facts);
    await cluster.snapshots.finish(facts.id);
    await assert.rejects(snapshotMeant(cluster, id.slice(0, 8)), { code: "ERR_HANDCLASP_AMBIGUOUS" });
  });
});
