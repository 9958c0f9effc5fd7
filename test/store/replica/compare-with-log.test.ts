import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { compareWithLog } from "../../../src/store/replica/compare-with-log.ts";
import { confirmSnapshot, makeSnapshot } from "../../../src/store/replica/make-snapshot.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { openMemoryScratch } from "../../../src/store/replica/scratch.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import { MemoryNode } from "./support/memory-node.ts";

async function nodeWithPeers(
  count: number,
): Promise<{ node: MemoryNode; cluster: MemoryCluster; compare: () => Promise<readonly string[]> }> {
  const cluster = new MemoryCluster();
  const node = new MemoryNode(cluster);
  for (let at = 0; at < count; at += 1) await node.apply(claimOf(factsOf(`peer-${at}`)));
  await cluster.log.append([{ id: randomUUID(), change: "garbage" }], { node: randomUUID(), rules: 1 });
  await node.channel.catchUp();
  const replica = new ReplicaReader(node.database);
  return {
    node,
    cluster,
    compare: () => compareWithLog({ cluster, replica, openScratch: openMemoryScratch }),
  };
}

async function takeSnapshot(cluster: MemoryCluster, { database }: MemoryNode): Promise<void> {
  const node = randomUUID();
  const facts = await makeSnapshot({ cluster, database, node });
  await confirmSnapshot(facts, { cluster, node, openScratch: openMemoryScratch });
}

describe("a replica that is compared with its log", () => {
  it("is what the log leads to, as long as nobody else wrote to it", async () => {
    const { node, compare } = await nodeWithPeers(5);
    assert.deepEqual(await compare(), []);
    await node.channel.close();
  });

  it("is compared with the snapshot of its own place where the log was cut there, and told what differs", async () => {
    const { node, cluster, compare } = await nodeWithPeers(5);
    await takeSnapshot(cluster, node);
    await cluster.log.cutBefore(6);
    assert.deepEqual(await compare(), []);
    node.database.exec("UPDATE decided_sum SET sum = zeroblob(128)");
    assert.match(
      (await compare()).join(),
      /^what is decided here is not what the log leads to up to change 6: /,
    );
    await node.channel.close();
  });

  it("is not called another one than it should be where the log was cut, and no snapshot leads there", async () => {
    const { node, cluster, compare } = await nodeWithPeers(5);
    await cluster.log.cutBefore(6);
    await assert.rejects(compare(), {
      code: "ERR_HANDCLASP_STORE_READ",
      message: /^the log was cut, and no snapshot that counts leads to where it begins/,
    });
    await node.channel.close();
  });

  it("is told where its chain parts from the log's", async () => {
    const { node, compare } = await nodeWithPeers(5);
    node.database.exec("UPDATE events SET hash = 'another' WHERE sequence = 5");
    assert.match(
      (await compare()).join(),
      /^the chain here parts from what the log leads to between the changes 1 and 6$/,
    );
    await node.channel.close();
  });

  it("is told that rows are others, though it sums them up itself", async () => {
    const { node, compare } = await nodeWithPeers(5);
    node.database.exec("UPDATE decided_sum SET sum = zeroblob(128)");
    assert.match(
      (await compare()).join(),
      /^what is decided here is not what the log leads to up to change 6: /,
    );
    await node.channel.close();
  });

  it("is told that the log has another change at its place", async () => {
    const { node, compare } = await nodeWithPeers(1);
    node.database.exec("UPDATE log_place SET hash = 'another'");
    assert.match((await compare()).join(), /^change 2 of the log is another one than here$/);
    await node.channel.close();
  });
});
