import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, describe, it } from "node:test";
import type { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { confirmSnapshot } from "../../../src/store/replica/make-snapshot.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { openMemoryScratch } from "../../../src/store/replica/scratch.ts";
import { checkDatabase } from "../../../src/store/sqlite/tables/check-database.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import type { MemoryNode } from "./support/memory-node.ts";
import { MemoryNodes, confirmed, filled, put } from "./support/snapshots.ts";

const nodes = new MemoryNodes();

function nodeOf(cluster: MemoryCluster): MemoryNode {
  return nodes.of(cluster);
}

afterEach(() => nodes[Symbol.asyncDispose]());

function outcomesOf({ database }: MemoryNode): unknown {
  return database.prepare("SELECT count(*) AS count FROM outcomes").get()?.["count"];
}

function carriesNothingOut(): undefined {
  assert.fail("nobody carries the log out");
}

describe("a new node of a cluster", () => {
  it("starts from a snapshot that counts, and follows the log from there", async () => {
    const { cluster, node } = await filled(nodes);
    const snapshot = await confirmed(cluster, node);
    await node.apply(claimOf(factsOf("late")));
    const reads: number[] = [];
    const { log } = cluster;
    const read = log.read.bind(log);
    log.read = async (after, most) => {
      reads.push(after.position);
      return read(after, most);
    };
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.ok(reads.every((position) => position >= snapshot.place.position));
    const [own, other] = [
      new ReplicaReader(fresh.database).standing(),
      new ReplicaReader(node.database).standing(),
    ];
    assert.deepEqual(own, other);
    const { chain, rows, problems, digest } = checkDatabase(fresh.database);
    assert.deepEqual([chain.broken, rows?.differences, problems, digest], [null, [], [], own.digest]);
    for (const table of ["keys", "certificates", "tokens", "group_members", "events"]) {
      const count = (one: MemoryNode): unknown =>
        one.database
          .prepare(
            `SELECT count(*) AS count FROM ${table} ${table === "keys" ? "WHERE state <> 'pending'" : ""}`,
          )
          .get()?.["count"];
      if (table !== "certificates") assert.equal(count(fresh), count(node), table);
    }
  });

  it("has an outcome that is asked for again, and the certificates", async () => {
    const { cluster, node } = await filled(nodes);
    const anna = factsOf("somebody");
    await node.apply(claimOf(anna));
    await confirmed(cluster, node);
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.equal(outcomesOf(fresh), outcomesOf(node));
    const der = fresh.database
      .prepare("SELECT der FROM certificates WHERE fingerprint = ?")
      .get(anna.fingerprint)?.["der"];
    assert.deepEqual(Buffer.from(der as Uint8Array), Buffer.from(anna.der));
  });

  it("carries the log out where no snapshot counts", async () => {
    const { cluster, node } = await filled(nodes);
    await put(cluster, node);
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.deepEqual(
      new ReplicaReader(fresh.database).standing(),
      new ReplicaReader(node.database).standing(),
    );
  });

  it("uses no snapshot of a place that the log does not have", async () => {
    const { cluster, node } = await filled(nodes);
    await confirmed(cluster, node);
    cluster.log.cut(10);
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.equal(new ReplicaReader(fresh.database).place().position, 10);
  });

  it("starts where the log was cut, as does a node that was away for longer", async () => {
    const { cluster, node } = await filled(nodes);
    const away = nodeOf(cluster);
    await away.channel.catchUp();
    const events = new ReplicaReader(away.database).standing().head.sequence;
    for (let peer = 0; peer < 20; peer++) await node.apply(claimOf(factsOf(`later-${peer}`)));
    const { place } = await confirmed(cluster, node);
    await node.apply(claimOf(factsOf("last")));
    assert.equal(await cluster.log.cutBefore(place.position), place.position - 1);
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    await away.channel.catchUp();
    const standing = new ReplicaReader(node.database).standing();
    assert.deepEqual(new ReplicaReader(fresh.database).standing(), standing);
    assert.deepEqual(new ReplicaReader(away.database).standing(), standing);
    assert.equal(standing.head.sequence, events + 21);
  });

  it("says so where the log was cut and no snapshot counts", async () => {
    const { cluster } = await filled(nodes);
    await cluster.log.cutBefore(10);
    const fresh = nodeOf(cluster);
    await assert.rejects(fresh.channel.catchUp(), /no snapshot that counts/);
  });
});

describe("a snapshot", () => {
  it("counts once another machine says that it came to the same there", async () => {
    const { cluster, node } = await filled(nodes);
    const facts = await put(cluster, node);
    const { place, head, digest } = facts;
    const report = {
      id: randomUUID(),
      name: "other",
      version: "1",
      rules: 1,
      position: place.position,
      head,
      digest,
      listeners: [],
    };
    await cluster.nodes.beat(report);
    const { words } = await confirmSnapshot(facts, {
      cluster,
      node: randomUUID(),
      openScratch: carriesNothingOut,
    });
    assert.deepEqual(
      words.map(({ way }) => way),
      ["follows", "follows"],
    );
  });

  it("counts once the log carried out anew leads to it, from the one before it, too", async () => {
    const { cluster, node } = await filled(nodes);
    const first = await put(cluster, node);
    const { words } = await confirmSnapshot(first, {
      cluster,
      node: randomUUID(),
      openScratch: openMemoryScratch,
    });
    assert.deepEqual(
      words.map(({ way }) => way),
      ["follows", "anew"],
    );
    await cluster.log.cutBefore(first.place.position);
    await node.apply(claimOf(factsOf("late")));
    const second = await confirmSnapshot(await put(cluster, node), {
      cluster,
      node: randomUUID(),
      openScratch: openMemoryScratch,
    });
    assert.equal(second.words.length, 2);
  });

  it("never counts when somebody came to something else", async () => {
    const { cluster, node } = await filled(nodes);
    const { place, head, ...facts } = await put(cluster, node);
    const other = { id: randomUUID(), name: "other", version: "1", rules: 1, listeners: [] };
    await cluster.nodes.beat({ ...other, position: place.position, head, digest: "00".repeat(32) });
    const options = { cluster, node: randomUUID(), openScratch: openMemoryScratch };
    await assert.rejects(
      confirmSnapshot({ ...facts, place, head }, options),
      /is not what everybody came to/,
    );
  });
});
