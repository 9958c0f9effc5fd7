import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Registry } from "prom-client";
import { addReplicationGauges } from "../../../src/gateway/metrics/replication-gauges.ts";
import { aggregate } from "../../../src/gateway/metrics/metrics-server.ts";
import type { WorkerReport } from "../../../src/gateway/workers/worker-message.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import type { Replication } from "../../../src/trust/port/replication.ts";
import { replicationWith } from "../../operator/support/replication-with.ts";
import { openStoreWith } from "../../operator/support/store-with.ts";

const NOW = Date.UTC(2026, 0, 1);

async function registryOf(replication: Replication): Promise<Registry> {
  const registry = new Registry();
  addReplicationGauges(registry, openStoreWith(replication), () => NOW);
  return registry;
}

async function samplesOf(replication: Replication): Promise<readonly string[]> {
  const text = await (await registryOf(replication)).metrics();
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

async function reportOf(changed: Partial<Replication>): Promise<WorkerReport> {
  const registry = await registryOf(replicationWith({ upToDateAt: NOW, ...changed }));
  return { metrics: await registry.getMetricsAsJSON() };
}

describe("the gauges of a machine that shares its trust", () => {
  it("say how far it is, how old that is, and by what it goes", async () => {
    const replication = replicationWith({ upToDateAt: NOW - 2500, behind: 3, later: 1 });
    assert.deepEqual(await samplesOf(replication), [
      'handclasp_log_position{node="a"} 17',
      'handclasp_log_behind{node="a"} 3',
      'handclasp_log_age_seconds{node="a"} 2.5',
      'handclasp_log_max_staleness_seconds{node="a"} 300',
      'handclasp_log_stale{node="a"} 0',
      'handclasp_log_database_reached{node="a"} 1',
      'handclasp_log_notifications{node="a"} 1',
      'handclasp_log_branch_found_seconds{node="a"} 0',
      `handclasp_log_digest{node="a"} ${Number.parseInt("0123456789ab", 16)}`,
      'handclasp_log_unequal{node="a"} 0',
      'handclasp_log_rules_missing{node="a"} 0',
      'handclasp_log_later{node="a"} 1',
    ]);
  });

  it("say nothing of what is not known, and 1 for each trouble", async () => {
    const branch = { from: 3, lost: 2, foundAt: NOW, leftAt: null };
    const of = { upToDateAt: null, behind: null, digest: null, database: "away", unequal: ["b"] } as const;
    const samples = await samplesOf(
      replicationWith({ ...of, branch, rules: { own: 1, cluster: 3 }, notifications: false }),
    );
    assert.deepEqual(
      samples.map((line) => line.replace("handclasp_log_", "").replace('{node="a"}', "")),
      [
        "position 17",
        "max_staleness_seconds 300",
        "stale 1",
        "database_reached 0",
        "notifications 0",
        `branch_found_seconds ${NOW / 1000}`,
        "unequal 1",
        "rules_missing 2",
        "later 0",
      ],
    );
  });

  it("are the worst of several processes, not their sum", async () => {
    const reports = [await reportOf({ position: 9, behind: 8 }), await reportOf({})];
    const text = await aggregate(reports, false).metrics();
    assert.match(text, /^handclasp_log_position\{node="a"\} 9$/m);
    assert.match(text, /^handclasp_log_behind\{node="a"\} 8$/m);
    assert.match(text, /^handclasp_log_database_reached\{node="a"\} 1$/m);
  });

  it("are not there for a store of one place", async () => {
    const registry = new Registry();
    await using store = openMemoryStore();
    addReplicationGauges(registry, store);
    assert.doesNotMatch(await registry.metrics(), /^handclasp_/m);
  });
});
