import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { Operator } from "../../../src/operator/operator.ts";
import { guardedServer, testClient } from "../../../src/testing/index.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { openNode, Reach } from "./support/reach.ts";

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "olga", process: "test 1", now: Date.now });
}

describe("a key that is revoked while the log is away", () => {
  it("is barred everywhere later, though the log lost meanwhile that it was ever met", async () => {
    const shared = new MemoryCluster();
    const [here, there] = [new Reach(shared), new Reach(shared)];
    const [store, elsewhere] = [openNode(here), openNode(there)];
    const [first, ...met] = ["first", "anna", "ben", "carl"].map((name) => factsOf(name));
    assert.ok(first);
    await store.apply(claimOf(first));
    const kept = await end(shared);
    for (const facts of met) await store.apply(claimOf(facts));
    await until(() => met.every(({ pin }) => elsewhere.key(pin)?.state === "trusted"));
    here.isAway = true;
    await until(() => store.replication()?.database === "away");
    await operatorOf(store).revoke("anna");
    await operatorOf(store).ignore("ben");
    await operatorOf(store).setAside("carl");
    shared.log.cut(kept);
    await elsewhere.catchUp();
    await until(() => isSure(elsewhere));
    assert.ok(met.every(({ pin }) => elsewhere.key(pin) === undefined));

    here.isAway = false;
    await until(() => store.replication()?.later === 0);
    await until(() => isSure(store));
    const { hash } = store.head();
    const anew = openNode(there);
    for (const one of [store, elsewhere, anew]) {
      await one.catchUp();
      await until(() => isSure(one));
      assert.deepEqual(
        met.map(({ pin }) => one.key(pin)?.state),
        ["revoked", "ignored", "ignored"],
      );
      assert.equal(one.head().hash, hash);
      assert.deepEqual(one.check().problems, []);
      assert.deepEqual(one.audit().rows?.differences, []);
      await one.close();
    }
  });

  it("is listed, found and counted as what it is on this machine", async () => {
    const reach = new Reach(new MemoryCluster());
    await using store = openNode(reach);
    for (const name of ["anna", "ben", "carl", "dora"]) await store.apply(claimOf(factsOf(name)));
    reach.isAway = true;
    await until(() => store.replication()?.database === "away");
    for (let times = 0; times < 2; times++) await operatorOf(store).revoke("anna");
    await operatorOf(store).ignore("ben");
    await operatorOf(store).setAside("carl");
    const expected = { trusted: ["dora"], revoked: ["anna"], ignored: ["ben"], pending: ["carl"] } as const;
    const counts = store.stats().keys;
    for (const [state, names] of Object.entries(expected)) {
      const { items } = await store.listKeys({ state: state as keyof typeof expected });
      assert.deepEqual(
        items.map((key) => [key.peer, key.state]),
        names.map((name) => [name, state]),
      );
      assert.equal(counts[state as keyof typeof expected], 1);
    }
    assert.equal((await store.listKeys({ state: ["revoked", "ignored"] })).items.length, 2);
  });

  it("is unknown nowhere between: a branch is left once the log has what was barred on it", async () => {
    const shared = new MemoryCluster();
    const reach = new Reach(shared);
    const store = openNode(reach);
    await store.apply(claimOf(factsOf("first")));
    const kept = await end(shared);
    const anna = factsOf("anna");
    await store.apply(claimOf(anna));
    reach.isAway = true;
    await until(() => store.replication()?.database === "away");
    await operatorOf(store).revoke("anna");
    shared.log.cut(kept);
    let refused = 0;
    const append = shared.log.append.bind(shared.log);
    shared.log.append = async (drafts, by) => {
      if (!drafts.some(({ change }) => change.includes("take-away"))) return append(drafts, by);
      refused++;
      throw new Error("it cannot be appended");
    };
    reach.isAway = false;
    await until(() => refused > 1);
    assert.ok(!isSure(store));
    shared.log.append = append;
    await until(() => isSure(store));
    assert.equal(store.replication()?.later, 0);
    assert.equal(store.key(anna.pin)?.state, "revoked");
    await store.close();
  });

  it("is barred on this machine at once, for each process and after a restart, and everywhere later", async () => {
    const shared = new MemoryCluster();
    const [here, there] = [new Reach(shared), new Reach(shared)];
    const path = join(temporaryFolder(), "replica.db");
    const [store, beside, elsewhere] = [openNode(here, path), openNode(here, path), openNode(there)];
    const [anna, ben, carl] = [factsOf("anna"), factsOf("ben"), factsOf("carl")];
    for (const facts of [anna, ben, carl]) await store.apply(claimOf(facts));
    await until(() => elsewhere.key(carl.pin) !== undefined && beside.key(carl.pin) !== undefined);
    assert.equal(beside.key(anna.pin)?.state, "trusted");

    here.isAway = true;
    await until(() => store.replication()?.database === "away");
    const [revoked] = await operatorOf(store).revoke("anna");
    assert.equal(revoked?.state, "revoked");
    await operatorOf(store).ignore("ben");
    await operatorOf(store).setAside("carl");
    for (const process of [store, beside]) {
      assert.deepEqual(
        [anna, ben, carl].map(({ pin }) => process.key(pin)?.state),
        ["revoked", "ignored", "pending"],
      );
      assert.deepEqual(
        process.keysOfName("anna").map(({ state }) => state),
        ["revoked"],
      );
      assert.equal(process.replication()?.later, 3);
    }
    const listed = (await store.listKeys({ pins: [anna.pin] })).items;
    assert.equal(listed[0]?.state, "revoked");
    assert.equal(elsewhere.key(anna.pin)?.state, "trusted");
    await assert.rejects(store.apply(claimOf(factsOf("dora"))), { code: "ERR_HANDCLASP_STORE_WRITE" });
    await beside.close();
    await store.close();

    const again = openNode(here, path);
    const [kept] = (await again.listKeys({ pins: [anna.pin] })).items;
    assert.equal(kept?.state, "revoked");
    here.isAway = false;
    await until(() => elsewhere.key(anna.pin)?.state === "revoked");
    await until(() => again.replication()?.later === 0 && again.head().hash === elsewhere.head().hash);
    for (const one of [again, elsewhere]) {
      assert.deepEqual(
        [anna, ben, carl].map(({ pin }) => one.key(pin)?.state),
        ["revoked", "ignored", "pending"],
      );
      assert.deepEqual(one.check().problems, []);
      assert.deepEqual(one.audit().rows?.differences, []);
    }
    await again.close();
    await elsewhere.close();
  });

  it("stays barred though it was forgotten elsewhere meanwhile, and its name is free", async () => {
    const shared = new MemoryCluster();
    const [here, there] = [new Reach(shared), new Reach(shared)];
    const [store, elsewhere] = [openNode(here), openNode(there)];
    const [anna, ben] = [factsOf("anna"), factsOf("ben")];
    for (const facts of [anna, ben]) await store.apply(claimOf(facts));
    await until(() => elsewhere.key(ben.pin) !== undefined);
    here.isAway = true;
    await until(() => store.replication()?.database === "away");
    await operatorOf(store).revoke("anna");
    await operatorOf(store).setAside("ben");
    for (const name of ["anna", "ben"]) await operatorOf(elsewhere).forget(name);
    here.isAway = false;
    await until(() => store.replication()?.later === 0 && store.head().hash === elsewhere.head().hash);
    for (const one of [store, elsewhere]) {
      assert.deepEqual(
        [anna, ben].map(({ pin }) => one.key(pin)?.state),
        ["revoked", "ignored"],
      );
      assert.deepEqual(one.keysOfName("anna"), []);
      assert.deepEqual(one.check().problems, []);
      assert.deepEqual(one.audit().rows?.differences, []);
    }
    await Promise.all([store.close(), elsewhere.close()]);
  });

  it("stays barred where the log that took it lost what was here before, and is away again", async () => {
    const shared = new MemoryCluster();
    const reach = new Reach(shared);
    const store = openNode(reach);
    const anna = factsOf("anna");
    for (const facts of [anna, factsOf("ben"), factsOf("carl")]) await store.apply(claimOf(facts));
    reach.isAway = true;
    await until(() => store.replication()?.database === "away");
    await operatorOf(store).revoke("anna");
    let appended = 0;
    const append = shared.log.append.bind(shared.log);
    shared.log.append = async (...given) => {
      shared.log.cut(1);
      const positions = await append(...given);
      appended += 1;
      reach.isAway = true;
      return positions;
    };
    reach.isAway = false;
    await until(() => appended > 0);
    await until(() => store.replication()?.database === "away");
    assert.equal(store.key(anna.pin)?.state, "revoked");
    reach.isAway = false;
    shared.log.append = append;
    await until(
      () => store.replication()?.later === 0 && typeof store.replication()?.branch?.leftAt === "number",
    );
    assert.equal((await store.listKeys({ pins: [anna.pin] })).items[0]?.state, "revoked");
    await store.close();
  });

  it("has its live connections cut", async () => {
    const reach = new Reach(new MemoryCluster());
    const store = openNode(reach);
    await using server = await guardedServer((socket: TLSSocket) => void socket.write("hello"), {
      protocol: "tls",
      store,
    });
    const [anna, ben] = await Promise.all(["anna", "ben"].map((name) => testClient(name)));
    assert.ok(anna && ben);
    for (const client of [anna, ben]) await server.introduce(client);
    const [goes, stays] = [await anna.connect(server), await ben.connect(server)];
    for (const socket of [goes, stays]) socket.resume();
    reach.isAway = true;
    await until(() => store.replication()?.database === "away");
    const cut = once(goes, "close");
    await server.operator.revoke("anna");
    await cut;
    assert.equal(await anna.refusalBy(server), "revoked");
    assert.equal(stays.destroyed, false);
    stays.destroy();
    await server.close();
    await store.close();
  });

  it("fails for who may not, and for whom nobody knows", async () => {
    const reach = new Reach(new MemoryCluster());
    const store = openNode(reach);
    await store.apply(claimOf(factsOf("anna")));
    reach.isAway = true;
    await until(() => store.replication()?.database === "away");
    await assert.rejects(operatorOf(store).revoke("nobody"), { code: "ERR_HANDCLASP_NOT_FOUND" });
    const reader = new Operator(store, { user: "ron", process: "test 1", now: Date.now, scope: "read" });
    await assert.rejects(reader.revoke("anna"), { code: "ERR_HANDCLASP_SCOPE" });
    assert.equal(store.replication()?.later, 0);
    await store.close();
  });
});

/** Whether it answers, and is on no branch of the log. */
function isSure(store: TrustStore): boolean {
  try {
    store.key(factsOf("nobody").pin);
    return true;
  } catch {
    return false;
  }
}

async function end(cluster: MemoryCluster): Promise<number> {
  const { head } = await cluster.log.read(LOG_START, 0);
  return head.position;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}
