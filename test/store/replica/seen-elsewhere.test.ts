import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, it } from "node:test";
import { HandclaspError } from "../../../src/errors.ts";
import { openMemoryReplica, openReplica } from "../../../src/store/replica/open-replica.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import type { ChangeLog } from "../../../src/trust/port/change-log.ts";
import type { Cluster } from "../../../src/trust/port/cluster.ts";
import { SHARED_START, type SharedKind } from "../../../src/trust/port/shared-rows.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { factsOf } from "../../support/certificates.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { NOTHING, openMachines, until } from "./support/machines.ts";
import { PATIENT } from "./support/patient.ts";

describe("when a key was last seen elsewhere", () => {
  it("is known to a machine that was told before it had the key", async () => {
    await using machines = openMachines("anna");
    const { cluster } = machines;
    const [anna] = machines.stores;
    assert.ok(anna);
    const peer = factsOf("carla");
    await anna.apply(claimOf(peer));
    const claimed = (await anna.listKeys()).items[0]?.lastSeen ?? assert.fail();
    await until(() => Date.now() > claimed);
    const at = Date.now();
    await anna.record({ ...NOTHING, seen: [{ pin: peer.pin, at }] });
    await until(async () => {
      const { rows } = await cluster.shared.exchange([], randomUUID(), SHARED_START);
      return rows.length === 1;
    });
    const read = cluster.log.read.bind(cluster.log);
    let isAway = true;
    cluster.log.read = async (...from) => {
      if (isAway) throw new HandclaspError("ERR_HANDCLASP_STORE_READ", "the log is away");
      return read(...from);
    };
    const bert = openMemoryReplica({ cluster, machine: "bert", url: "memory log" });
    try {
      await assert.rejects(bert.catchUp());
      isAway = false;
      await bert.catchUp();
      const { items } = await bert.listKeys();
      assert.deepEqual(
        items.map(({ lastSeen }) => lastSeen),
        [at],
      );
    } finally {
      await bert.close();
    }
  });

  it("keeps nobody from telling and taking the rest while the log cannot be followed", async () => {
    await checkBehind((_, isBack) => {
      if (!isBack) throw new HandclaspError("ERR_HANDCLASP_STORE_READ", "the log is away");
    });
  });

  it("keeps nobody from telling and taking the rest while the log takes long", async () => {
    await checkBehind((back) => back);
  });

  it("is not lost with a process that ends meanwhile, if the log can be followed", async () => {
    await using machines = openMachines("anna");
    const { cluster, stores } = machines;
    const [anna] = stores;
    assert.ok(anna);
    const path = join(temporaryFolder(), "replica.db");
    const { promise: back, resolve } = Promise.withResolvers<void>();
    const bert = openReplica(path, {
      cluster: behindIn(cluster, () => back),
      machine: "bert",
      url: "memory log",
      runtime: PATIENT,
    });
    const at = await seen(cluster, anna);
    await anna.putSetting("said-by-anna", "1");
    await until(() => bert.setting("said-by-anna") === "1");
    const closed = bert.close();
    resolve();
    await closed;
    await using again = openReplica(path, {
      cluster: behindIn(cluster),
      machine: "bert",
      url: "memory log",
      runtime: PATIENT,
    });
    await again.catchUp();
    assert.equal((await again.listKeys()).items[0]?.lastSeen, at);
  });

  it("of what never was keeps nobody from telling and taking the rest", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    await tell(machines.cluster, "seen", factsOf("nobody").pin, 1);
    await tell(machines.cluster, "used", "x".repeat(500), 1);
    await anna.putSetting("said-by-anna", "1");
    await bert.putSetting("said-by-bert", "1");
    await until(() => anna.setting("said-by-bert") === "1" && bert.setting("said-by-anna") === "1");
    assert.deepEqual(machines.ignored, []);
  });
});

/** One machine's log does not lead to a key of which another one told that it saw it. */
async function checkBehind(
  reading: (back: Promise<void>, isBack: boolean) => Promise<void> | void,
): Promise<void> {
  await using machines = openMachines("anna");
  const { cluster, stores } = machines;
  const [anna] = stores;
  assert.ok(anna);
  const { promise: back, resolve } = Promise.withResolvers<void>();
  let isBack = false;
  const behind = behindIn(cluster, () => reading(back, isBack));
  const bert = openMemoryReplica({ cluster: behind, machine: "bert", url: "memory log" });
  try {
    const at = await seen(cluster, anna);
    for (const round of ["1", "2"]) {
      await bert.putSetting("said-by-bert", round);
      await anna.putSetting("said-by-anna", round);
      await until(() => anna.setting("said-by-bert") === round && bert.setting("said-by-anna") === round);
    }
    assert.deepEqual((await bert.listKeys()).items, []);
    isBack = true;
    resolve();
    await until(async () => (await bert.listKeys()).items[0]?.lastSeen === at);
  } finally {
    await bert.close();
  }
}

/** A log of which whoever reads it waits first. */
function followedBy(log: ChangeLog, first: () => Promise<void> | void): ChangeLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      if (name !== "read") return value.bind(target);
      return async (...from: Parameters<ChangeLog["read"]>) => {
        await first();
        return target.read(...from);
      };
    },
  });
}

/** A machine has a key, and another one saw it since: when. */
async function seen(cluster: Cluster, by: TrustStore): Promise<number> {
  const peer = factsOf("carla");
  await by.apply(claimOf(peer));
  const claimed = (await by.listKeys()).items[0]?.lastSeen ?? assert.fail();
  await until(() => Date.now() > claimed);
  const at = Date.now();
  await tell(cluster, "seen", peer.pin, at);
  return at;
}

/** The cluster of a machine whose log may be behind; it stays open. */
function behindIn(
  { log, nodes, shared, snapshots }: Cluster,
  first: () => Promise<void> | void = () => undefined,
): Cluster {
  return {
    log: followedBy(log, first),
    nodes,
    shared,
    snapshots,
    hangUp: () => undefined,
    close: async () => undefined,
  };
}

async function tell(cluster: Cluster, kind: SharedKind, key: string, at: number): Promise<void> {
  await cluster.shared.exchange([{ kind, key, value: "", at }], randomUUID(), SHARED_START);
}
