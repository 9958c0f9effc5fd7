import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, describe, it } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { MemorySnapshotShelf } from "../../../src/store/log/memory-snapshot-shelf.ts";
import { confirmSnapshot, makeSnapshot } from "../../../src/store/replica/make-snapshot.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { openMemoryScratch } from "../../../src/store/replica/scratch.ts";
import { encodeSnapshotPart, parseSnapshotPart } from "../../../src/store/sqlite/snapshot/snapshot-part.ts";
import { checkDatabase } from "../../../src/store/sqlite/tables/check-database.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { Snapshot, SnapshotFacts } from "../../../src/trust/port/snapshot-shelf.ts";
import { factsOf } from "../../support/certificates.ts";
import { randomChange } from "../../trust/support/random-change.ts";
import { MemoryNode } from "./support/memory-node.ts";

const AT = Date.UTC(2030, 0, 1);

const nodes: MemoryNode[] = [];

function nodeOf(cluster: MemoryCluster): MemoryNode {
  const node = new MemoryNode(cluster);
  nodes.push(node);
  return node;
}

afterEach(async () => {
  await Promise.all(nodes.splice(0).map(({ channel }) => channel.close()));
});

/** A cluster of which one node has done something of everything. */
async function filled(): Promise<{ cluster: MemoryCluster; node: MemoryNode }> {
  const cluster = new MemoryCluster({ now: () => AT });
  const node = nodeOf(cluster);
  for (let step = 0; step < 120; step++) {
    const draw = { kind: step * 7, key: step, other: step * 3, name: step % 5, choice: step % 12, waitMs: 0 };
    await node.apply(randomChange(draw, AT + step));
  }
  for (let peer = 0; peer < 30; peer++) await node.apply(claimOf(factsOf(`peer-${peer}`)));
  return { cluster, node };
}

async function put(cluster: MemoryCluster, node: MemoryNode): Promise<SnapshotFacts> {
  const [self] = await cluster.nodes.nodes();
  return makeSnapshot({ cluster, database: node.database, node: self?.id ?? randomUUID() });
}

async function confirmed(cluster: MemoryCluster, node: MemoryNode): Promise<Snapshot> {
  const facts = await put(cluster, node);
  await cluster.snapshots.confirm(facts.id, { node: randomUUID(), way: "follows", digest: facts.digest });
  const [snapshot = assert.fail()] = await cluster.snapshots.list();
  return snapshot;
}

function outcomesOf({ database }: MemoryNode): unknown {
  return database.prepare("SELECT count(*) AS count FROM outcomes").get()?.["count"];
}

function carriesNothingOut(): undefined {
  assert.fail("nobody carries the log out");
}

/** What is there, with another snapshot of it in which something is changed. */
async function forge(
  cluster: MemoryCluster,
  change: (parts: Uint8Array[]) => readonly Uint8Array[],
): Promise<void> {
  const [snapshot = assert.fail()] = await cluster.snapshots.list();
  const parts: Uint8Array[] = [];
  for (let part = 0; part < snapshot.parts; part++)
    parts.push(await cluster.snapshots.part(snapshot.id, part));
  await cluster.snapshots.drop(snapshot.id);
  const id = randomUUID();
  await cluster.snapshots.begin({ ...snapshot, id });
  for (const [part, bytes] of change(parts).entries()) await cluster.snapshots.put(id, part, bytes);
  await cluster.snapshots.finish(id);
  for (const word of [
    ...snapshot.words,
    { node: randomUUID(), way: "anew", digest: snapshot.digest } as const,
  ]) {
    await cluster.snapshots.confirm(id, word);
  }
}

function rewritten(
  parts: readonly Uint8Array[],
  table: string,
  change: (rows: unknown[][]) => unknown[][],
): Uint8Array[] {
  return parts.map((bytes) => {
    const part = parseSnapshotPart(bytes);
    return part.table === table
      ? encodeSnapshotPart({ ...part, rows: change(part.rows.map((row) => [...row])) })
      : bytes;
  });
}

describe("a new node of a cluster", () => {
  it("starts from a snapshot that counts, and follows the log from there", async () => {
    const { cluster, node } = await filled();
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
    const { cluster, node } = await filled();
    const anna = factsOf("somebody");
    await node.apply(claimOf(anna));
    await confirmed(cluster, node);
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.equal(outcomesOf(fresh), outcomesOf(node));
    const der = fresh.database.prepare("SELECT der FROM certificates WHERE pin = ?").get(anna.pin)?.["der"];
    assert.deepEqual(Buffer.from(der as Uint8Array), Buffer.from(anna.der));
  });

  it("carries the log out where no snapshot counts", async () => {
    const { cluster, node } = await filled();
    await put(cluster, node);
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.deepEqual(
      new ReplicaReader(fresh.database).standing(),
      new ReplicaReader(node.database).standing(),
    );
  });

  it("takes nothing of a snapshot whose rows, chain or parts are others, whoever says that they came to it, and carries the log out", async () => {
    const { cluster, node } = await filled();
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
        rewritten(parts, "events", (rows) =>
          rows.map((row, at) => (at === 3 ? [row[0], '{"a":1}', row[2]] : row)),
        ),
      "another certificate": (parts) =>
        rewritten(parts, "certificates", (rows) => rows.map((row) => [row[0], row[1], "AAAA", row[3]])),
      "a part less": (parts) => parts.slice(1),
      "a part twice": (parts) => [...parts, parts[0] ?? new Uint8Array()],
      "a truncated part": (parts) =>
        parts.map((bytes, at) => (at === 1 ? bytes.subarray(0, bytes.length / 2) : bytes)),
      "rows of another table": (parts) => [
        encodeSnapshotPart({ table: "settings", columns: ["name"], rows: [["x"]] }),
        ...parts,
      ],
      "a column that there is not": (parts) => [
        encodeSnapshotPart({ table: "keys", columns: ["pin", "rowid) --"], rows: [["x", 1]] }),
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

  it("goes on with the next one that counts, and fetches what was no snapshot no second time", async () => {
    const { cluster, node } = await filled();
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
    const { cluster, node } = await filled();
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

  it("uses no snapshot of a place that the log does not have", async () => {
    const { cluster, node } = await filled();
    await confirmed(cluster, node);
    cluster.log.cut(10);
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.equal(new ReplicaReader(fresh.database).place().position, 10);
  });

  it("starts where the log was cut, as does a node that was away for longer", async () => {
    const { cluster, node } = await filled();
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
    const { cluster } = await filled();
    await cluster.log.cutBefore(10);
    const fresh = nodeOf(cluster);
    await assert.rejects(fresh.channel.catchUp(), /no snapshot that counts/);
  });
});

describe("a snapshot", () => {
  it("counts once another machine says that it came to the same there", async () => {
    const { cluster, node } = await filled();
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
    const { cluster, node } = await filled();
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
    const { cluster, node } = await filled();
    const { place, head, ...facts } = await put(cluster, node);
    const other = { id: randomUUID(), name: "other", version: "1", rules: 1, listeners: [] };
    await cluster.nodes.beat({ ...other, position: place.position, head, digest: "00".repeat(32) });
    const options = { cluster, node: randomUUID(), openScratch: openMemoryScratch };
    await assert.rejects(
      confirmSnapshot({ ...facts, place, head }, options),
      /is not what everybody came to/,
    );
  });

  it("is not what a tampered replica says it is", async () => {
    const { cluster, node } = await filled();
    node.database.exec("UPDATE keys SET state = 'trusted' WHERE state = 'revoked'");
    const facts = await put(cluster, node);
    await cluster.snapshots.confirm(facts.id, { node: randomUUID(), way: "follows", digest: facts.digest });
    const fresh = nodeOf(cluster);
    await fresh.channel.catchUp();
    assert.match(fresh.contact.refused.last?.why ?? "", /its rows come to/);
    assert.deepEqual(checkDatabase(fresh.database).rows?.differences, []);
  });
});
