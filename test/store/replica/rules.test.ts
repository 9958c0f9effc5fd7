import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { RULES } from "../../../src/trust/rules.ts";
import { factsOf } from "../../support/certificates.ts";

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

  it("lets nobody in by what it knows once that is too old", async () => {
    const cluster = new MemoryCluster({ rules: RULES + 1 });
    await using store = openMemoryReplica({ cluster, machine: "old", url: "memory log" });
    await assert.rejects(store.catchUp());
    assert.throws(() => store.key(factsOf("anna").pin), { code: "ERR_HANDCLASP_STORE_READ" });
  });
});
