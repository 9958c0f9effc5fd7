import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, describe, it } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { MemorySnapshotShelf } from "../../../src/store/log/memory-snapshot-shelf.ts";
import { compareWithLog } from "../../../src/store/replica/compare-with-log.ts";
import { makeSnapshot } from "../../../src/store/replica/make-snapshot.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { openMemoryScratch } from "../../../src/store/replica/scratch.ts";
import { keyText } from "../../../src/store/sqlite/digest/decided-row.ts";
import { RowSum } from "../../../src/store/sqlite/digest/row-sum.ts";
import { DIGESTED, digestOf, SINGLES, type Singles } from "../../../src/store/sqlite/digest/trust-digest.ts";
import { encodeSnapshotPart, parseSnapshotPart } from "../../../src/store/sqlite/snapshot/snapshot-part.ts";
import { checkDatabase } from "../../../src/store/sqlite/tables/check-database.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";
import { factsOf } from "../../support/certificates.ts";
import { until } from "../sqlite/support/stores.ts";
import type { MemoryNode } from "./support/memory-node.ts";
import { AT, MemoryNodes, confirmed, filled, forge, put, rewritten } from "./support/snapshots.ts";

const EVE = factsOf("eve");

const nodes = new MemoryNodes();

function nodeOf(cluster: MemoryCluster): MemoryNode {
  return nodes.of(cluster);
}

afterEach(() => nodes[Symbol.asyncDispose]());

describe("a snapshot that is not what it says", () => {
  it("takes nothing of a snapshot whose rows, chain or parts are others, whoever says that they came to it, and carries the log out", async () => {
    const { cluster, node } = await filled(nodes);
    await confirmed(cluster, node);
    const standing = new ReplicaReader(node.database).standing();
    const [snapshot = assert.fail()] = await cluster.snapshots.list();
    const forgeries: Readonly<Record<string, (parts: Uint8Array[]) => readonly Uint8Array[]>> = {
      "a key that is trusted": (parts) =>
        rewritten(parts, "keys", (rows) =>
          rows.map((row, at) => (at === 0 ? [row[0], "trusted", "eve", "eve", ...row.slice(4)] : row)),
        ),
      "a key in a state that there is not": (parts) =>
        rewritten(parts, "keys", (rows) => rows.map((row) => [row[0], "trustworthy", ...row.slice(2)])),
      "a key less": (parts) => rewritten(parts, "keys", (rows) => rows.slice(1)),
      "an event less": (parts) => rewritten(parts, "events", (rows) => rows.slice(0, -1)),
      "another event": (parts) =>
        rewritten(parts, "events", (rows) => rows.map((row, at) => (at === 3 ? [row[0], '{"a":1}'] : row))),
      "another certificate": (parts) =>
        rewritten(parts, "certificates", (rows) =>
          rows.map((row) => [row[0], row[1], Buffer.from("AAAA"), row[3]]),
        ),
      "a part less": (parts) => parts.slice(1),
      "a part twice": (parts) => [...parts, parts[0] ?? new Uint8Array()],
      "a truncated part": (parts) =>
        parts.map((bytes, at) => (at === 1 ? bytes.subarray(0, bytes.length / 2) : bytes)),
      "rows of another table": (parts) => [
        encodeSnapshotPart({ table: "settings", columns: ["name"], bytes: [], rows: [["x"]] }),
        ...parts,
      ],
      "a column that there is not": (parts) => [
        encodeSnapshotPart({ table: "keys", columns: ["pin", "rowid) --"], bytes: [], rows: [["x", 1]] }),
        ...parts,
      ],
      "more than anybody would compress": () => [zstdCompressSync(Buffer.alloc(64 * 1024 * 1024))],
      nothing: () => [],
    };
    const bytes = await Promise.all(
      Array.from({ length: snapshot.parts }, (_, part) => cluster.snapshots.part(snapshot.id, part)),
    );
    for (const [what, forgery] of Object.entries(forgeries)) {
      const other = new MemoryCluster({ now: () => AT });
      Object.assign(other, {
        log: cluster.log,
        nodes: cluster.nodes,
        shared: cluster.shared,
        snapshots: new MemorySnapshotShelf(() => AT),
      });
      await other.snapshots.begin(snapshot);
      for (const [part, one] of bytes.entries()) await other.snapshots.put(snapshot.id, part, one);
      await other.snapshots.finish(snapshot.id);
      await forge(other, forgery);
      const fresh = nodeOf(other);
      await fresh.channel.catchUp();
      assert.deepEqual(new ReplicaReader(fresh.database).standing(), standing, what);
      const { chain, rows, problems } = checkDatabase(fresh.database);
      assert.deepEqual([chain.broken, rows?.differences, problems], [null, [], []], what);
      assert.equal(fresh.contact.refused.last?.position, snapshot.place.position, what);
    }
  });

  it("is refused where a row is there twice, though its digest counts it twice: by copies, sums can be made to be any", async () => {
    const { cluster, node } = await filled(nodes);
    await confirmed(cluster, node);
    const trusted = node.database.prepare("SELECT pin FROM keys WHERE state = 'trusted'").get();
    const key = node.tables.key(trusted?.["pin"] as KeyPin) ?? assert.fail();
    const { sum, ...others } = node.database
      .prepare(`SELECT ${DIGESTED} FROM ${SINGLES}`)
      .get() as unknown as Singles;
    const twice = RowSum.fromBytes(sum);
    twice.add(keyText(key) ?? assert.fail());
    await forge(
      cluster,
      (parts) => [
        ...parts,
        ...rewritten(parts, "keys", (rows) => rows.filter(([pin]) => pin === key.pin)).filter(
          (part) => parseSnapshotPart(part).table === "keys",
        ),
      ],
      digestOf({ ...others, sum: twice.toBytes() }),
    );
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.match(fresh.contact.refused.last?.why ?? "", /UNIQUE constraint failed: keys.pin/);
    assert.deepEqual(
      new ReplicaReader(fresh.database).standing(),
      new ReplicaReader(node.database).standing(),
    );
  });

  it("goes on with the next one that counts, and fetches what was no snapshot no second time", async () => {
    const { cluster, node } = await filled(nodes);
    const first = await confirmed(cluster, node);
    await node.apply(claimOf(factsOf("late")));
    const second = await confirmed(cluster, node);
    await forge(cluster, (parts) => parts.slice(1));
    const [forged = assert.fail()] = await cluster.snapshots.list();
    assert.deepEqual(forged.place, second.place);
    const fetched: string[] = [];
    const part = cluster.snapshots.part.bind(cluster.snapshots);
    cluster.snapshots.part = async (id, number) => {
      if (number === 0) fetched.push(id);
      return part(id, number);
    };
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.deepEqual(fetched, [forged.id, first.id]);
    assert.equal(fresh.contact.refused.last?.id, forged.id);
    assert.match(fresh.contact.refused.last.why, /a snapshot is not what it says/);
    assert.deepEqual(
      new ReplicaReader(fresh.database).standing(),
      new ReplicaReader(node.database).standing(),
    );
  });

  it("says time and again that it can begin with nothing where the log was cut, and fetches no forgery again", async () => {
    const { cluster, node } = await filled(nodes);
    const { place } = await confirmed(cluster, node);
    await cluster.log.cutBefore(place.position);
    await forge(cluster, (parts) => parts.slice(1));
    let fetched = 0;
    const part = cluster.snapshots.part.bind(cluster.snapshots);
    cluster.snapshots.part = async (id, number) => {
      if (number === 0) fetched++;
      return part(id, number);
    };
    const fresh = nodeOf(cluster);
    for (let times = 0; times < 3; times++)
      await assert.rejects(fresh.channel.catchUp(), /no snapshot that counts/);
    assert.equal(fetched, 1);
  });

  it("is not what a tampered replica says it is", async () => {
    const { cluster, node } = await filled(nodes);
    node.database.exec("UPDATE keys SET state = 'trusted' WHERE state = 'revoked'");
    const facts = await put(cluster, node);
    await cluster.snapshots.confirm(facts.id, { node: randomUUID(), way: "follows", digest: facts.digest });
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.match(fresh.contact.refused.last?.why ?? "", /its rows come to/);
    assert.deepEqual(checkDatabase(fresh.database).rows?.differences, []);
  });
});

/** A cluster in which a snapshot that counts is whole and sound, but what another log leads to, by which Eve is trusted. */
async function withAnotherPast(): Promise<{ cluster: MemoryCluster; node: MemoryNode }> {
  const { cluster, node } = await filled(nodes);
  const evil = nodeOf(new MemoryCluster({ now: () => AT }));
  await evil.apply(claimOf(EVE));
  const { place } = new ReplicaReader(node.database).standing();
  const madeBy = randomUUID();
  const facts = await makeSnapshot({ cluster, database: evil.database, node: madeBy, place });
  await cluster.snapshots.confirm(facts.id, { node: randomUUID(), way: "follows", digest: facts.digest });
  return { cluster, node };
}

function knowsEve({ tables }: MemoryNode): boolean {
  return tables.key(EVE.pin) !== undefined;
}

describe("a whole snapshot of another past, which two machines are said to have come to", () => {
  it("is believed by a new machine, and raises the alarm on all when they are equally far", async () => {
    const { cluster, node } = await withAnotherPast();
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.ok(knowsEve(fresh));
    // What has carried out the log all along.
    await node.channel.catchUp();
    assert.ok(!knowsEve(node));
    for (const one of [fresh, node]) {
      await until(async () => {
        await one.channel.catchUp();
        return one.self.standings.unequal.length > 0;
      });
    }
  });

  it("is found out by whoever compares with the whole log, also on the machine that began with it", async () => {
    const { cluster } = await withAnotherPast();
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    const replica = new ReplicaReader(fresh.database);
    const problems = await compareWithLog({ cluster, replica, openScratch: openMemoryScratch });
    assert.match(problems.join(), /^the chain here parts from what the log leads to/);
  });

  it("is nothing to a machine that is to carry out the whole log", async () => {
    const { cluster, node } = await withAnotherPast();
    const fresh = nodes.of(cluster, { usesSnapshots: false });
    await fresh.channel.catchUp();
    assert.ok(!knowsEve(fresh));
    assert.deepEqual(
      new ReplicaReader(fresh.database).standing(),
      new ReplicaReader(node.database).standing(),
    );
  });

  it("is not started from either by such a machine where the log was cut: it says so, and waits", async () => {
    const { cluster, node } = await withAnotherPast();
    await cluster.log.cutBefore(new ReplicaReader(node.database).place().position);
    const fresh = nodes.of(cluster, { usesSnapshots: false });
    await assert.rejects(fresh.channel.catchUp(), /to start from no snapshot \(snapshot=no\)/);
    assert.ok(!knowsEve(fresh));
  });
});
