import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openReplica } from "../../../src/store/replica/open-replica.ts";
import { SYSTEM } from "../../../src/store/replica/runtime.ts";
import { openMemoryScratch, type Scratch } from "../../../src/store/replica/scratch.ts";
import { SqliteWriter } from "../../../src/store/sqlite/writing/sqlite-writer.ts";
import type { PreparedBar } from "../../../src/trust/changes/prepared-change.ts";
import { LOG_START } from "../../../src/trust/port/change-log.ts";
import { prepareChange } from "../../../src/trust/prepare-change.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { guardedServer, testClient } from "../../../src/testing/index.ts";
import { ChainWatch } from "../../../src/operator/chain-watch.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { parseEvent, type SealedEvent } from "../../../src/trust/records/events.ts";
import { factsOf } from "../../support/certificates.ts";
import { MemoryNode } from "./support/memory-node.ts";
import { PATIENT } from "./support/patient.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const OLGA = { user: "olga", process: "test 1", address: null, listener: null };
const STRANGER = factsOf("nobody").pin;

function openNode(cluster: MemoryCluster, path = join(temporaryFolder(), "replica.db")): TrustStore {
  return openReplica(path, { cluster, machine: "test", url: "memory log", runtime: PATIENT });
}

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: "olga", process: "test 1", now: () => Date.now() });
}

describe("a replica on a branch of the log that never was", () => {
  it("forgets what was given on it, and has what was taken on it taken again, for all", async () => {
    const cluster = new MemoryCluster();
    const [one, other] = [openNode(cluster), openNode(cluster)];
    const [anna, ben, carl] = [factsOf("anna"), factsOf("ben"), factsOf("carl")];
    await one.apply(claimOf(anna));
    await one.apply(claimOf(ben));
    const kept = await end(cluster);
    await operatorOf(one).revoke("anna");
    await one.apply(claimOf(carl));
    await operatorOf(one).revoke("carl");
    await agreed(one, other);

    cluster.log.cut(kept);
    await until(() => haveLeft(one, other));
    await agreed(one, other);

    for (const store of [one, other]) {
      assert.equal(store.key(anna.pin)?.state, "revoked");
      assert.equal(store.key(ben.pin)?.state, "trusted");
      // It was never heard of by now, and is not let in for that.
      assert.equal(store.key(carl.pin)?.state, "revoked");
      assert.deepEqual(store.keysOfName("carl"), []);
      const { chain, rows } = store.audit();
      assert.equal(chain.broken, null);
      assert.deepEqual(rows?.differences, []);
    }
    const types = (await one.listEvents()).items.map(({ json }) => parseEvent(json)?.type);
    assert.deepEqual(types, ["met", "met", "revoked", "revoked", "branch-left"]);
    await one.close();
    await other.close();
  });

  it("tells whoever listens what the log says instead", async () => {
    const cluster = new MemoryCluster();
    const store = openNode(cluster);
    await store.apply(claimOf(factsOf("anna")));
    const kept = await end(cluster);
    await store.apply(claimOf(factsOf("ben")));
    const told: SealedEvent[] = [];
    store.onEvents((events) => told.push(...events));
    cluster.log.cut(kept);
    await until(() => told.length > 0);
    assert.deepEqual(
      told.map(({ json, sequence }) => [sequence, parseEvent(json)?.type]),
      [[2, "branch-left"]],
    );
    await store.close();
  });

  it("has open connections judged again when it is left, tickets voided, and no alarm for the chain", async () => {
    const cluster = new MemoryCluster();
    const store = openNode(cluster);
    const watch = new ChainWatch(store, setImmediate);
    await using server = await guardedServer((socket: TLSSocket) => void socket.write("hello"), {
      protocol: "tls",
      store,
    });
    const [anna, ben, carl] = await Promise.all(["anna", "ben", "carl"].map((name) => testClient(name)));
    assert.ok(anna && ben && carl);
    await server.introduce(anna);
    await server.introduce(carl);
    const kept = await end(cluster);
    const stays = await anna.connect(server);
    const goes = await ben.connect(server);
    const barred = await carl.connect(server);
    await server.operator.note("carl", "is about to be revoked");
    await watch.look();
    const keys = server.server.getTicketKeys();
    for (const socket of [stays, goes, barred]) socket.resume();
    const cut = Promise.all([once(goes, "close"), once(barred, "close")]);
    await server.operator.revoke("carl");
    cluster.log.cut(kept);
    await cut;
    await until(() => haveLeft(store));
    assert.equal((await watch.look()).broken, null);
    assert.equal(watch.report.head.hash, store.head().hash);
    assert.notDeepEqual(server.server.getTicketKeys(), keys);
    assert.equal(stays.destroyed, false);
    stays.destroy();
    await server.close();
    await store.close();
  });

  it("is left by the first of several processes on one replica, and the others go on", async () => {
    const cluster = new MemoryCluster();
    const path = join(temporaryFolder(), "replica.db");
    const stores = [openNode(cluster, path), openNode(cluster, path), openNode(cluster, path)];
    const [first] = stores;
    assert.ok(first);
    const [anna, ben] = [factsOf("anna"), factsOf("ben")];
    await first.apply(claimOf(anna));
    const kept = await end(cluster);
    await first.apply(claimOf(ben));
    await operatorOf(first).revoke("anna");
    cluster.log.cut(kept);
    await until(() => haveLeft(...stores));
    for (const store of stores) {
      assert.equal(store.key(anna.pin)?.state, "revoked");
      assert.equal(store.key(ben.pin), undefined);
    }
    await first.apply(claimOf(factsOf("carl")));
    await agreed(...stores);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("admits nobody while it is on it, and knows it after a restart", async () => {
    const cluster = new MemoryCluster();
    const path = join(temporaryFolder(), "replica.db");
    const store = openNode(cluster, path);
    const [anna, ben] = [factsOf("anna"), factsOf("ben")];
    await store.apply(claimOf(anna));
    const kept = await end(cluster);
    await store.apply(claimOf(ben));
    cluster.log.cut(kept);
    const append = cluster.log.append.bind(cluster.log);
    cluster.log.append = () => Promise.reject(new Error("nothing can be appended"));
    await until(() => refuses(store));
    await store.close();
    const again = openNode(cluster, path);
    assert.ok(refuses(again));
    cluster.log.append = append;
    await until(() => haveLeft(again));
    assert.equal(again.key(anna.pin)?.state, "trusted");
    assert.equal(again.key(ben.pin), undefined);
    await again.close();
  });

  it("leaves it however long that takes: who carries out what was read waits for nobody", async () => {
    const cluster = new MemoryCluster();
    let slept = 0;
    let hungUp = 0;
    const ticks: (() => void)[] = [];
    const node = new MemoryNode(cluster, {
      openScratch: () =>
        slowScratch(() => {
          slept += 60_000;
          for (const tick of ticks) tick();
        }),
      runtime: {
        ...SYSTEM,
        elapsed: () => SYSTEM.elapsed() + slept,
        every: (_ms, call) => {
          ticks.push(call);
          return () => undefined;
        },
      },
      hangUp: () => (hungUp += 1),
    });
    await branched(cluster, node);
    await node.channel.catchUp();
    assert.equal(hungUp, 0);
    assert.ok(slept > 0, "it took long");
  });

  it("leaves it in one go though somebody is barred meanwhile", async () => {
    const cluster = new MemoryCluster();
    const anna = factsOf("anna");
    let scratches = 0;
    let writes = 0;
    const node: MemoryNode = new MemoryNode(cluster, {
      openScratch: () => {
        scratches += 1;
        return slowScratch(() => {
          // What was taken on the branch is in the log, and nothing of this.
          if (++writes !== 2) return;
          const change = { type: "revoke", at: Date.now(), actor: OLGA, key: anna.pin } as const;
          const bar = {
            kind: "bar-here",
            change: prepareChange(change) as PreparedBar,
            id: randomUUID(),
          } as const;
          assert.ok(new SqliteWriter(node.database).write([bar])[0]?.ok);
        });
      },
    });
    await node.apply(claimOf(anna));
    await branched(cluster, node);
    await node.channel.catchUp();
    assert.equal(scratches, 1);
    assert.equal(node.tables.key(anna.pin)?.state, "revoked");
  });
});

function refuses(store: TrustStore): boolean {
  try {
    store.key(STRANGER);
    return false;
  } catch {
    return true;
  }
}

/** Whether the chains of stores say that a branch was left. */
async function haveLeft(...stores: readonly TrustStore[]): Promise<boolean> {
  const pages = await Promise.all(stores.map((store) => store.listEvents({ type: "branch-left" })));
  return pages.every(({ items }) => items.length > 0) && stores.every((store) => !refuses(store));
}

async function end(cluster: MemoryCluster): Promise<number> {
  const { head } = await cluster.log.read({ position: 0, hash: "0".repeat(64) }, 0);
  return head.position;
}

async function agreed(...stores: readonly TrustStore[]): Promise<void> {
  await until(() => stores.every((store) => store.head().hash === stores[0]?.head().hash));
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A replica that has what the log lost. */
async function branched(cluster: MemoryCluster, node: MemoryNode): Promise<void> {
  await node.apply(claimOf(factsOf("kept")));
  const { position } = (await cluster.log.read(LOG_START, 1)).head;
  await node.apply(claimOf(factsOf("lost")));
  cluster.log.cut(position);
}

/** Does something else whenever it has written. */
function slowScratch(written: () => void): Scratch {
  const scratch = openMemoryScratch();
  const { channel } = scratch;
  return {
    ...scratch,
    channel: {
      write: async (write) => {
        const done = await channel.write(write);
        written();
        return done;
      },
      close: () => channel.close(),
    },
  };
}
