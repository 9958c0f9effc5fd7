import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { parseEvent } from "../../../src/trust/records/events.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { until } from "./support/machines.ts";
import { openNode, Reach } from "./support/reach.ts";

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "olga", process: "test 1", now: Date.now });
}

describe("a key that is barred more than once while the log is away", () => {
  it("waits once to be appended, however often it is said, and by whichever process", async () => {
    const reach = new Reach(new MemoryCluster());
    const path = join(temporaryFolder(), "replica.db");
    await using store = openNode(reach, path);
    await using beside = openNode(reach, path);
    const [anna, ben] = [factsOf("anna"), factsOf("ben")];
    for (const facts of [anna, ben]) await store.apply(claimOf(facts));
    reach.isAway = true;
    await until(() => [store, beside].every((one) => one.replication()?.database === "away"));
    const laterAfter = async (act: Promise<unknown>): Promise<number | undefined> => {
      await act;
      return store.replication()?.later;
    };
    const [here, there] = [operatorOf(store), operatorOf(beside)];
    assert.equal(await laterAfter(here.setAside("anna")), 1);
    assert.equal(await laterAfter(here.revoke("anna")), 2);
    assert.equal(await laterAfter(here.revoke("anna")), 2);
    assert.equal(await laterAfter(there.revoke("anna")), 2);
    assert.equal(await laterAfter(there.ignore("anna")), 2);
    assert.equal(await laterAfter(there.revoke("ben")), 3);
    reach.isAway = false;
    await until(() => store.replication()?.later === 0);
    const { items } = await store.listEvents({});
    assert.deepEqual(
      items
        .map(({ json }) => {
          const { type, peer } = parseEvent(json) ?? {};
          return `${type} ${peer}`;
        })
        .toSorted(),
      ["met anna", "met ben", "revoked anna", "revoked ben", "set-aside anna"],
    );
  });
});
