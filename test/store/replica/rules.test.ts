import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { RULES } from "../../../src/trust/rules.ts";
import { factsOf } from "../../support/certificates.ts";

const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

describe("a machine whose version knows older rules than the cluster goes by", () => {
  it("says so, goes on with what it knows for as long as it may, and decides nothing new", async () => {
    const cluster = new MemoryCluster();
    await using store = openMemoryReplica({ cluster, machine: "old", url: "memory log" });
    await store.catchUp();
    const anna = factsOf("anna");
    await store.apply(claimOf(anna));
    for (const { id } of await cluster.nodes.nodes()) await cluster.nodes.forget(id);
    assert.deepEqual(await cluster.nodes.raiseRules(RULES + 1), []);
    const before = store.replication()?.upToDateAt;
    await assert.rejects(store.catchUp(), {
      code: "ERR_HANDCLASP_STORE_READ",
      message: new RegExp(`go by rules ${RULES + 1}, and this version knows no higher than ${RULES}`),
    });
    const { rules, database, upToDateAt } = store.replication() ?? {};
    assert.deepEqual([rules, database], [{ own: RULES, cluster: RULES + 1 }, "reached"]);
    assert.equal(upToDateAt, before);
    assert.equal(store.key(anna.pin)?.state, "trusted");
    await assert.rejects(store.apply(claimOf(factsOf("ben"))), { code: "ERR_HANDCLASP_STORE_WRITE" });
    assert.equal((await cluster.log.read({ position: 0, hash: "0".repeat(64) }, 10)).entries.length, 1);
  });

  it("bars whoever is revoked there at once, as if the database was away", async () => {
    const cluster = new MemoryCluster();
    await using store = openMemoryReplica({ cluster, machine: "old", url: "memory log" });
    await store.catchUp();
    const anna = factsOf("anna");
    await store.apply(claimOf(anna));
    for (const { id } of await cluster.nodes.nodes()) await cluster.nodes.forget(id);
    await cluster.nodes.raiseRules(RULES + 1);
    // It has heard of the rules, and has not come to the end of its look.
    const { log } = cluster;
    const read = log.read.bind(log);
    const { promise: reads, resolve: heard } = Promise.withResolvers<void>();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    log.read = async (...given) => {
      heard();
      await gate;
      return read(...given);
    };
    const looked = assert.rejects(store.catchUp());
    await reads;
    const revoked = store.apply({ type: "revoke", at: Date.now(), actor: ACTOR, key: anna.pin });
    const outcome = await revoked.finally(open);
    assert.deepEqual([outcome.kind, "later" in outcome && outcome.later], ["changed", true]);
    assert.equal(store.key(anna.pin)?.state, "revoked");
    await looked;
  });

  it("lets nobody in by what it knows once that is too old", async () => {
    const cluster = new MemoryCluster({ rules: RULES + 1 });
    await using store = openMemoryReplica({ cluster, machine: "old", url: "memory log" });
    await assert.rejects(store.catchUp());
    assert.throws(() => store.key(factsOf("anna").pin), { code: "ERR_HANDCLASP_STORE_READ" });
  });
});
