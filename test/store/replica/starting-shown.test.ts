import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { examineReplica } from "../../../src/cli/doctor/replica.ts";
import { toListedNode } from "../../../src/operator/replication/listed-node.ts";
import { toReplicationJson } from "../../../src/operator/replication/replication-json.ts";
import { whyBehind } from "../../../src/operator/replication/replication-trouble.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { until } from "./support/machines.ts";
import { confirmed, filled, MemoryNodes } from "./support/snapshots.ts";

describe("a machine that begins with a snapshot", () => {
  it("says how much of it is there, to the others too, until all is", async () => {
    await using nodes = new MemoryNodes();
    const { cluster, node } = await filled(nodes);
    const { id, place, parts } = await confirmed(cluster, node);
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    const { snapshots } = cluster;
    const part = snapshots.part.bind(snapshots);
    snapshots.part = async (of, number) => {
      if (number === 2) await goesOn;
      return part(of, number);
    };
    await using store = openMemoryReplica({ cluster, machine: "new", url: "memory log" });
    await until(() => store.replication()?.starting?.part === 2);
    const replication = store.replication() ?? assert.fail();
    assert.deepEqual(toReplicationJson(replication, Date.now()).starting, {
      id,
      position: place.position,
      part: 2,
      parts,
    });
    const said = `it begins with a snapshot, of which 2 of ${parts} parts are here`;
    assert.match(whyBehind(replication, Date.now(), Date.now()) ?? "", new RegExp(`^${said}`));
    const [found] = await examineReplica(store);
    assert.match(found?.message ?? "", new RegExp(`^${said}`));
    const listed = async (): Promise<unknown> =>
      (await cluster.nodes.nodes()).map(toListedNode).find(({ name }) => name === "new")?.starting;
    await until(async () => (await listed()) !== null);
    assert.deepEqual(await listed(), { part: 2, parts });
    goOn();
    await store.catchUp();
    assert.equal(store.replication()?.starting, undefined);
    await until(async () => (await listed()) === null);
  });

  it("counts nothing of it before all is there, lists nothing, and is not called damaged", async () => {
    await using nodes = new MemoryNodes();
    const { cluster, node } = await filled(nodes);
    const former = await confirmed(cluster, node);
    const { snapshots } = cluster;
    const [list, part] = [snapshots.list.bind(snapshots), snapshots.part.bind(snapshots)];
    // As large as those are of which indexes are made when all rows are there.
    snapshots.list = async () => (await list()).map((one) => ({ ...one, bytes: 100_000_000 }));
    const { promise: goesOn, resolve: goOn } = Promise.withResolvers<void>();
    snapshots.part = async (of, number) => {
      if (number === former.parts - 1) await goesOn;
      return part(of, number);
    };
    await using store = openMemoryReplica({ cluster, machine: "new", url: "memory log" });
    await until(() => (store.replication()?.starting?.part ?? 0) >= former.parts - 2);
    const { trusted, revoked, pending } = store.stats().keys;
    assert.deepEqual([trusted, revoked, pending], [0, 0, 0]);
    await assert.rejects(store.listKeys(), { code: "ERR_HANDCLASP_STORE_READ", message: /is being filled/ });
    const { problems, chain, rows } = store.check();
    assert.deepEqual([problems, chain.broken, rows], [[], null, null]);
    goOn();
    await store.catchUp();
    assert.notEqual(store.stats().keys.trusted, 0);
    assert.deepEqual(store.check().problems, []);
  });
});
