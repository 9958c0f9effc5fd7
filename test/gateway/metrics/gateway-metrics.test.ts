import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type MetricObject, Registry } from "prom-client";
import { AuthorizerMetrics } from "../../../src/gateway/metrics/authorizer-metrics.ts";
import { GatewayMetrics } from "../../../src/gateway/metrics/gateway-metrics.ts";
import { aggregate, MetricsServer } from "../../../src/gateway/metrics/metrics-server.ts";
import { DepartedWorkers } from "../../../src/gateway/workers/departed-workers.ts";
import { PeerLabels } from "../../../src/gateway/metrics/peer-labels.ts";
import type { Health, WorkerReport } from "../../../src/gateway/workers/worker-message.ts";
import { Happenings } from "../../../src/trust/happenings/happenings.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";

const ROOT = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

async function metricsOf(metrics: GatewayMetrics): Promise<readonly MetricObject[]> {
  return await metrics.registry.getMetricsAsJSON();
}

describe("the gateway's metrics", () => {
  const store = openMemoryStore();
  const metrics = new GatewayMetrics({ store, peerLabels: true, happenings: new Happenings() });
  after(async () => {
    metrics[Symbol.dispose]();
    await store.close();
  });

  it("are those that the reference lists, with their types and meanings", async () => {
    const rows = read("docs/reference/metrics.md").matchAll(
      /^\| `(handclasp_\w+)` \| (\w+) \| (?:.* )?\| (.+) \|$/gm,
    );
    const listed = Array.from(rows, ([, name, type, help]) => `${name} ${type} ${help}`);
    using authorizer = new AuthorizerMetrics(new Happenings());
    const all = [...(await metricsOf(metrics)), ...((await authorizer.report()).metrics as MetricObject[])];
    const ours = all.filter(({ name }) => name.startsWith("handclasp_"));
    const said = new Set(ours.map(({ name, type, help }) => `${name} ${type} ${help}`));
    assert.deepEqual(listed.toSorted(), [...said].toSorted());
  });

  for (const file of ["packaging/grafana-dashboard.json", "packaging/prometheus-alerts.yml"]) {
    it(`have all that ${file} asks for`, async () => {
      const known = new Set((await metricsOf(metrics)).map(({ name }) => name));
      const asked = [...read(file).matchAll(/\b((?:handclasp|process|nodejs)_[a-z_]+)\b(?!-)/g)].map(
        ([, name]) => (name ?? "").replace(/_(?:bucket|count|sum)$/, ""),
      );
      assert.ok(asked.length > 5);
      assert.deepEqual(
        asked.filter((name) => !known.has(name)),
        [],
      );
    });
  }
});

function reportOf(metrics: readonly object[]): WorkerReport {
  return { metrics };
}

/** A counter as prom-client's JSON has it. */
function counted(value: number): object {
  return {
    name: "handclasp_accepted_total",
    help: "h",
    type: "counter",
    aggregator: "sum",
    values: [{ value, labels: { listener: "main" } }],
  };
}

async function get(health: readonly Health[], path: string, draining = false): Promise<string> {
  await using server = new MetricsServer({
    listen: { host: "127.0.0.1", port: 0 },
    reports: async () => [],
    health: async () => health,
  });
  server.draining = draining;
  const { host, port } = await server.listen();
  const response = await fetch(`http://${host}:${port}${path}`);
  return `${response.status} ${(await response.text()).trim()}`;
}

describe("one page for several processes", () => {
  it("adds up counters, as OpenMetrics too", async () => {
    const reports = [reportOf([counted(2)]), reportOf([counted(3)])];
    assert.match(
      await aggregate(reports, false).metrics(),
      /^handclasp_accepted_total\{listener="main"\} 5$/m,
    );
    const open = await aggregate(reports, true).metrics();
    assert.match(open, /^# TYPE handclasp_accepted counter$/m);
    assert.match(open, /^handclasp_accepted_total\{listener="main"\} 5$/m);
    assert.match(open, /# EOF\n$/);
  });

  it("keeps the counters of workers that are gone, and forgets their gauges", async () => {
    const departed = new DepartedWorkers();
    const gauge = { ...counted(7), name: "handclasp_connections", type: "gauge" };
    departed.add(reportOf([counted(2), gauge]));
    departed.add(reportOf([counted(3)]));
    const text = await aggregate([...(await departed.reports()), reportOf([counted(1)])], false).metrics();
    assert.match(text, /^handclasp_accepted_total\{listener="main"\} 6$/m);
    assert.doesNotMatch(text, /handclasp_connections/);
  });
});

describe("the metrics server", () => {
  it("says why it is not ready", async () => {
    const well: Health = { awake: true, unready: null };
    assert.equal(await get([well], "/readyz"), "200 ready");
    assert.equal(await get([well], "/readyz", true), "503 draining");
    assert.equal(await get([], "/readyz"), "503 no worker answers");
    assert.equal(await get([well, { awake: true, unready: "no store" }], "/readyz"), "503 no store");
    assert.equal(await get([well, { awake: false, unready: "it sleeps" }], "/readyz"), "503 it sleeps");
    assert.equal(await get([{ awake: false, unready: "it sleeps" }], "/readyz"), "503 no worker answers");
  });

  it("is healthy while it answers, and knows no other pages", async () => {
    assert.equal(await get([], "/healthz"), "200 ok");
    assert.match(await get([], "/../etc/passwd"), /^404/);
  });
});

describe("peer labels", () => {
  it("are escaped and bounded in number", async () => {
    const registry = new Registry();
    const labels = new PeerLabels([registry]);
    labels.admitted('eve"\n\u202e');
    labels.admitted(undefined);
    for (let peer = 0; peer < 1500; peer++) labels.admitted(`peer ${peer}`);
    const text = await registry.metrics();
    assert.equal(text.match(/^handclasp_peer_connections_total\{/gm)?.length, 1002);
    assert.match(text, /\{peer="\(others\)"\} 501$/m);
    assert.doesNotMatch(text, /\u202e/);
  });
});
