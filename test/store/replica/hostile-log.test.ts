import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { encodeSettledChange } from "../../../src/store/log/settled-change.ts";
import { ReplicaReader } from "../../../src/store/replica/replica-reader.ts";
import { checkDatabase } from "../../../src/store/sqlite/tables/check-database.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { MOST_BYTES } from "../../../src/trust/port/change-log.ts";
import { factsOf } from "../../support/certificates.ts";
import { MemoryNode } from "./support/memory-node.ts";

const BY = { node: randomUUID(), rules: 1 };

/** What somebody who may append would append, to stop everybody, or to have them disagree. */
function hostileChanges(): readonly string[] {
  const { pin } = factsOf("mallory");
  const claim = encodeSettledChange({ change: prepareChange(claimOf(factsOf("mallory"))), seen: [] });
  const { change } = JSON.parse(claim) as { readonly change: Record<string, unknown> };
  const settled = (other: object, seen: unknown = []): string =>
    JSON.stringify({ change: { ...change, ...other }, seen });
  const waiting = {
    pin,
    state: "trusted",
    peer: "root",
    nameKey: "root",
    version: 2,
    expires: 1,
  };
  return [
    "",
    "garbage",
    "null",
    "[]",
    "{}",
    '"\\u0000"',
    "x".repeat(MOST_BYTES),
    "[".repeat(1_000_000),
    `${'{"change":'.repeat(100_000)}1${"}".repeat(100_000)}`,
    `{"change":${JSON.stringify(change)},"change":{"type":"revoke"},"seen":[]}`,
    `{"__proto__":{"change":${JSON.stringify(change)}},"seen":[]}`,
    claim.replace('"seen":[]', '"seen":{"length":3}'),
    settled({ type: "no such type" }),
    settled({ type: "__proto__" }),
    settled({ type: "constructor" }),
    settled({ at: "now" }),
    settled({ at: -1 }),
    settled({ at: 1e300 }),
    settled({ maxPending: -5 }),
    settled({ maxPending: 1.5 }),
    settled({ pendingExpires: 2 ** 60 }),
    settled({ peer: "mallory" }),
    settled({ peer: { name: "mal\0lory", nameKey: "mallory" } }),
    settled({ peer: { name: "\ud800", nameKey: "\udfff" } }),
    settled({ peer: { name: { toString: 1 }, nameKey: [] } }),
    settled({
      certificate: { pin, fingerprint: "00", der: "no bytes", claimedName: null, claimedKey: null },
    }),
    settled({ certificate: null }),
    settled({ actor: { toJSON: 1 } }),
    settled({ sourceOfTruth: "me" }),
    settled({ source: ["first-use"] }),
    settled({}, [null]),
    settled({}, [
      { waiting, certificate: { pin, fingerprint: "0".repeat(64), der: { base64: "" }, addedAt: 1 } },
    ]),
    settled(
      {},
      Array.from({ length: 20_000 }, () => 1),
    ),
    settled({ type: "undo", sequence: 2 ** 53 }),
    settled({ type: "open-first-use", until: 8.7e15, max: -1, from: "everywhere" }),
  ];
}

describe("a log to which somebody appends whatever they like", () => {
  it("stops no replica, has none come to something else, and changes nothing that is trusted", async () => {
    const cluster = new MemoryCluster();
    const nodes = [new MemoryNode(cluster), new MemoryNode(cluster), new MemoryNode(cluster)] as const;
    const [one] = nodes;
    const hostile = hostileChanges();
    const names: string[] = [];
    for (const [at, change] of hostile.entries()) {
      for (const { channel } of nodes) await channel.catchUp();
      const before = new ReplicaReader(one.database).standing();
      const id = randomUUID();
      await cluster.log.append([{ id, change }], BY);
      for (const { channel } of nodes) await channel.catchUp();
      for (const { database } of nodes) {
        const reader = new ReplicaReader(database);
        const { head, digest } = reader.standing();
        assert.deepEqual([head, digest], [before.head, before.digest], change.slice(0, 100));
        const outcome = reader.outcomeOf(id);
        assert.ok(outcome?.ok === false, change.slice(0, 100));
        assert.equal(outcome.error.code, "ERR_HANDCLASP_MALFORMED", change.slice(0, 100));
      }
      names.push(`peer-${at}`);
      assert.equal((await nodes[at % 3]?.apply(claimOf(factsOf(`peer-${at}`))))?.kind, "changed");
    }
    for (const { channel } of nodes) await channel.catchUp();
    const standings = nodes.map(({ database }) => new ReplicaReader(database).standing());
    assert.deepEqual(standings[1], standings[0]);
    assert.deepEqual(standings[2], standings[0]);
    assert.equal(standings[0]?.place.position, 2 * hostile.length);
    for (const { tables } of nodes) {
      for (const name of names) assert.equal(tables.keysOfName(name).length, 1);
      assert.equal(tables.keysOfName("root").length, 0);
    }
    for (const { channel } of nodes) await channel.close();
  });

  it("has a change that throws come to the same everywhere", async () => {
    const cluster = new MemoryCluster();
    const nodes = [new MemoryNode(cluster), new MemoryNode(cluster)] as const;
    const origin = { at: 1, actor: { user: null, process: "p", address: null, listener: null } };
    const change = prepareChange({ type: "revoke", ...origin, key: "nobody" });
    const ids = [randomUUID(), randomUUID()] as const;
    await cluster.log.append([{ id: ids[0], change: encodeSettledChange({ change, seen: [] }) }], BY);
    await cluster.log.append([{ id: ids[1], change: "garbage" }], BY);
    for (const { channel } of nodes) await channel.catchUp();
    const [one, other] = nodes.map(({ database }) => new ReplicaReader(database));
    for (const id of ids) {
      assert.equal(one?.outcomeOf(id)?.ok, false);
      assert.deepEqual(other?.outcomeOf(id), one?.outcomeOf(id));
    }
    assert.deepEqual(other?.standing(), one?.standing());
    for (const { channel } of nodes) await channel.close();
  });

  it("cannot have rows come to another digest than is kept of them, by two API tokens of one secret", async () => {
    const cluster = new MemoryCluster();
    const node = new MemoryNode(cluster);
    const origin = { at: 1, actor: { user: null, process: "p", address: null, listener: null } };
    for (const digit of ["a", "b"]) {
      const token = {
        id: digit.repeat(32),
        hash: "0".repeat(64),
        name: digit,
        scope: "read",
        expires: 10,
      } as const;
      const change = prepareChange({ type: "create-api-token", ...origin, token });
      await cluster.log.append([{ id: randomUUID(), change: encodeSettledChange({ change, seen: [] }) }], BY);
    }
    await node.channel.catchUp();
    assert.equal(node.database.prepare("SELECT count(*) AS count FROM api_tokens").get()?.["count"], 1);
    assert.deepEqual(checkDatabase(node.database).problems, []);
    await node.channel.close();
  });
});
