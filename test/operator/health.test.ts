import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toHealth } from "../../src/operator/health.ts";
import { openMemoryStore } from "../../src/store/sqlite/memory-store.ts";
import { CHAIN_START } from "../../src/trust/records/events.ts";
import { factsOf } from "../support/certificates.ts";
import { Office } from "../trust/support/office.ts";

describe("toHealth", () => {
  it("says where the chain ends, how far it holds, and how many keys there are", async () => {
    const { store, operator } = new Office();
    await operator.import(factsOf("anna"));
    const head = store.head();
    const { schema } = store.stats();
    assert.deepEqual(toHealth(store, { head, broken: null }, 0), {
      status: "healthy",
      head,
      store: { url: "memory:", schema, bytes: null },
      keys: { pending: 0, trusted: 1, revoked: 0, ignored: 0, retired: 0 },
      verified: 1,
      problems: [],
      replication: null,
    });
  });

  it("is degraded by a chain that is broken", async () => {
    const { store } = new Office();
    const broken = { sequence: 1, problem: "is not what it was" };
    const health = toHealth(store, { head: CHAIN_START, broken }, 0);
    assert.equal(health.status, "degraded");
    assert.deepEqual(health.problems, [
      {
        problem: "event 1 of the chain: is not what it was",
        remedies: [{ act: "check-store", at: "server" }],
      },
    ]);
  });

  it("is degraded by a store that cannot be read, and says so", async () => {
    const store = openMemoryStore();
    await store.close();
    const health = toHealth(store, { head: CHAIN_START, broken: null }, 0);
    assert.partialDeepStrictEqual(health, { status: "degraded", head: null, store: null, keys: null });
    assert.match(health.problems[0]?.problem ?? "", /cannot be read/);
  });
});
