import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryCluster } from "../../../src/store/log/memory-cluster.ts";
import { openMemoryReplica } from "../../../src/store/replica/open-replica.ts";
import { refusalOf as refusalAt } from "../../../src/testing/contract/pages.ts";
import type { RefusalSighting } from "../../../src/trust/port/ledger.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import type { LiveConnection } from "../../../src/trust/records/sighting.ts";
import { factsOf } from "../../support/certificates.ts";

const NOTHING = { seen: [], refusals: [], opened: [], closed: [] };

describe("machines that share a cluster", () => {
  it("list each other's live connections and refusals, and say whose they are", async () => {
    await using machines = openMachines("anna", "bert");
    const [anna, bert] = machines.stores;
    assert.ok(anna && bert);
    await anna.record({ ...NOTHING, refusals: [refusalOf(1)], opened: [connectionOf(1)] });
    await bert.record({ ...NOTHING, refusals: [refusalOf(1)], opened: [connectionOf(2)] });
    for (const store of machines.stores) {
      await until(async () => (await store.listConnections()).items.length === 2);
      const { items: connections } = await store.listConnections();
      assert.deepEqual(
        connections.map(({ id, machine }) => [id, machine]),
        [
          [connectionOf(1).id, "anna"],
          [connectionOf(2).id, "bert"],
        ],
      );
      await until(async () => (await store.listRefusals()).items.length === 2);
      const { items: refusals } = await store.listRefusals();
      assert.deepEqual(new Set(refusals.map(({ machine }) => machine)), new Set(["anna", "bert"]));
    }
    await anna.record({ ...NOTHING, closed: [connectionOf(1).id], refusals: [refusalOf(1)] });
    await until(async () => (await bert.listConnections()).items.length === 1);
    await until(async () =>
      (await bert.listRefusals()).items.some(({ count }) => count > refusalOf(1).count),
    );
  });
});

function refusalOf(number: number): RefusalSighting {
  const at = Date.now();
  return refusalAt(number, { firstAt: at, lastAt: at });
}

function connectionOf(number: number): LiveConnection {
  const pin = factsOf(`peer-${number}`).pin;
  return {
    id: `c${number}`,
    pin,
    peer: `peer-${number}`,
    remoteAddress: "192.0.2.1",
    listener: null,
    since: number,
  };
}

interface Machines extends AsyncDisposable {
  readonly stores: readonly TrustStore[];
}

function openMachines(...names: readonly string[]): Machines {
  const cluster = new MemoryCluster();
  const stores = names.map((machine) => openMemoryReplica({ cluster, machine, url: "memory log" }));
  return {
    stores,
    async [Symbol.asyncDispose]() {
      await Promise.all(stores.map((store) => store.close()));
    },
  };
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}
