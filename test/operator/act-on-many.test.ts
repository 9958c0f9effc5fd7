import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Operator } from "../../src/operator/operator.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { factsOf } from "../support/certificates.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("Operator.many", () => {
  it("gives each key its outcome, in order, over many transactions", async () => {
    await using store = openSqliteStore(join(temporaryFolder(), "trust.db"));
    const operator = new Operator(store, { user: null, process: "test 1", now: Date.now });
    const peers = Array.from({ length: 1200 }, (_, index) => factsOf(`peer-${index}`));
    await Promise.all(peers.map((facts) => operator.import(facts)));
    const keys = [...peers.map(({ pin }) => pin), "nobody"];
    const tried = await operator.many("revoke", keys, { dryRun: true });
    assert.equal(tried.filter(({ ok }) => ok).length, 1200);
    assert.equal(store.key(peers[0]?.pin ?? assert.fail())?.state, "trusted");
    const outcomes = await operator.many("revoke", keys);
    assert.deepEqual(
      outcomes.map(({ key }) => key),
      keys,
    );
    const last = outcomes.at(-1);
    assert.equal(last?.ok === false && last.error.code, "ERR_HANDCLASP_NOT_FOUND");
    assert.ok(peers.every(({ pin }) => store.key(pin)?.state === "revoked"));
    assert.equal(store.head().sequence, 2400);
  });

  it("acts on each only as it was seen", async () => {
    await using store = openSqliteStore(join(temporaryFolder(), "trust.db"));
    const operator = new Operator(store, { user: null, process: "test 1", now: Date.now });
    const [anna] = await operator.import(factsOf("anna"));
    const [ben] = await operator.import(factsOf("ben"));
    assert.ok(anna && ben);
    await operator.note("ben", "changed since");
    const outcomes = await operator.many("setAside", [
      { key: anna.pin, seen: anna },
      { key: ben.pin, seen: ben },
    ]);
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [true, false],
    );
    assert.equal(store.key(ben.pin)?.state, "trusted");
  });

  it("tells of a trial no version that another change gets: what was tried is not what was seen", async () => {
    await using store = openSqliteStore(join(temporaryFolder(), "trust.db"));
    const operator = new Operator(store, { user: null, process: "test 1", now: Date.now });
    const [anna] = await operator.import(factsOf("anna"));
    assert.ok(anna);
    const [tried] = await operator.many("revoke", [anna.pin], { dryRun: true });
    assert.ok(tried?.ok);
    assert.deepEqual(
      tried.keys.map(({ state, version }) => ({ state, version })),
      [{ state: "revoked", version: anna.version }],
    );
    await operator.note("anna", "changed since");
    await assert.rejects(operator.revoke("anna", { seen: tried.keys }), { code: "ERR_HANDCLASP_CHANGED" });
  });
});
