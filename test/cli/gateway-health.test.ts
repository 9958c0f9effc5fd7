import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createConnection, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { StoreUrl } from "../../src/trust/port/store-url.ts";
import { UPSTREAM_FAILURES } from "../../src/trust/happenings/gateway-happening.ts";
import { REFUSAL_REASONS } from "../../src/trust/judging/alerts.ts";
import { parseConfig } from "../../src/gateway/config/parse-config.ts";
import type { WorkerHappening } from "../../src/trust/happenings/worker-happening.ts";
import { Primary } from "../../src/gateway/workers/primary.ts";
import { exchange, openClient, openUpstream, type TestUpstream } from "../gateway/support/upstream.ts";
import { identity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { Home, MAIN, type RunningServer, runToEnd, startServer } from "./support/serve.ts";
import { FILE_PATIENCE_MS, PATIENCE_MS } from "../support/patience.ts";

const ada = await identity("ada");

/** What a page of the metrics server says, with its status. */
async function page(gateway: RunningServer, path: string): Promise<string> {
  const { address } = await gateway.logged(({ event }) => event === "metrics");
  const response = await fetch(`http://${String(address)}${path}`);
  return `${response.status} ${(await response.text()).trim()}`;
}

/** Asks until the page says so. */
async function untilPage(gateway: RunningServer, path: string, expected: RegExp): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const said = await page(gateway, path);
    if (expected.test(said)) return;
    assert.ok(performance.now() < end, said);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Has a process of ours open no more files than so many. */
function limitFiles(pid: number, most: number): void {
  assert.equal(spawnSync("prlimit", ["--pid", String(pid), `--nofile=${most}:`]).status, 0);
}

describe("the health of a gateway", { timeout: FILE_PATIENCE_MS }, () => {
  let upstream: TestUpstream;
  before(async () => (upstream = await openUpstream()));
  after(() => upstream[Symbol.asyncDispose]());

  for (const workers of ["1", "2"]) {
    it(`is not ready, but healthy, while its store is gone, with ${workers} workers`, async () => {
      using home = new Home();
      const to = ["--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
      const flags = ["--workers", workers, "--metrics", "127.0.0.1:0"];
      await using gateway = await startServer(home, ["gateway", ...to, ...flags]);
      await untilPage(gateway, "/readyz", /^200 ready$/);
      renameSync(home.store, home.path("elsewhere.db"));
      await untilPage(gateway, "/readyz", /^503 the trust store is not available: .*trust\.db was removed/);
      assert.equal(await page(gateway, "/healthz"), "200 ok");
      renameSync(home.path("elsewhere.db"), home.store);
      await untilPage(gateway, "/readyz", /^200 ready$/);
      const client = await openClient(gateway.port, ada);
      assert.equal(await exchange(client, "met again"), "met again");
      client.destroy();
    });
  }

  it("is not ready while a worker stands still, which is replaced", async () => {
    using home = new Home();
    const text = `[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:${upstream.port}"\nfirst_use = "accept"\n`;
    const events: WorkerHappening[] = [];
    const primary = new Primary(
      parseConfig(text, { file: "x.toml", folder: home.folder, store: StoreUrl.parse(home.store) }),
      {
        count: 2,
        command: [process.execPath, MAIN, "gateway", "--worker", "--json"],
        sockets: [],
        askEveryMs: 100,
      },
    );
    const types = ["worker-started", "worker-stuck", "worker-died"] as const;
    primary.happenings.subscribe(types, (event) => void events.push(event));
    const [address] = await primary.start();
    try {
      const well = { awake: true, unready: null };
      assert.deepEqual(await primary.health(), [well, well]);
      const [stuck = 0] = primary.pids;
      process.kill(stuck, "SIGSTOP");
      const sick = { awake: false, unready: `worker ${stuck} does not answer` };
      assert.deepEqual(await primary.health(), [sick, well]);
      while (primary.pids.includes(stuck) || primary.pids.length < 2) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const told = events.flatMap((event) => ("pid" in event && event.pid === stuck ? event.type : []));
      assert.deepEqual(told, ["worker-started", "worker-stuck", "worker-died"]);
      for (let tries = 0; tries < 8; tries++) {
        const client = await openClient(address?.port ?? 0, ada);
        assert.equal(await exchange(client, "hello"), "hello");
        client.destroy();
      }
    } finally {
      await primary.stop("SIGKILL");
    }
  });

  it(
    "is asked for again after there was no file left for who asks",
    { skip: spawnSync("prlimit", ["--version"]).status === 0 ? false : "no prlimit" },
    async () => {
      using home = new Home();
      const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--metrics", "127.0.0.1:0"];
      await using gateway = await startServer(home, verb);
      assert.equal(await page(gateway, "/readyz"), "200 ready");
      const { host, port } = await gateway.logged(({ event }) => event === "metrics");
      const { pid } = gateway;
      const open = readdirSync(`/proc/${pid}/fd`).length;
      limitFiles(pid, open + 2);
      const sockets: Socket[] = [];
      for (let count = 0; count < 50; count++) {
        const socket = createConnection(Number(port), String(host)).on("error", () => undefined);
        sockets.push(socket);
        await once(socket, "connect");
      }
      limitFiles(pid, 1000);
      for (const socket of sockets) socket.destroy();
      assert.equal(await page(gateway, "/readyz"), "200 ready");
    },
  );

  it("is answered where --metrics says when the file of --config does not", async () => {
    using home = new Home();
    const file = home.path("gateway.toml");
    const listener = `[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:${upstream.port}"\n`;
    const verb = ["gateway", "--config", file, "--metrics", "127.0.0.1:0"];
    writeFileSync(file, listener);
    {
      await using gateway = await startServer(home, verb);
      assert.equal(await page(gateway, "/readyz"), "200 ready");
      gateway.signal("SIGHUP");
      await gateway.logged(({ event }) => event === "reloaded");
      assert.ok(!gateway.log.some(({ event }) => event === "warning"), JSON.stringify(gateway.log));
    }
    writeFileSync(file, `[metrics]\nlisten = "127.0.0.2:0"\n${listener}`);
    await using gateway = await startServer(home, verb);
    const { host } = await gateway.logged(({ event }) => event === "metrics");
    assert.equal(host, "127.0.0.2");
  });

  it("is counted from 0 for each reason and problem, so that an alert sees the first of its kind", async () => {
    using home = new Home();
    const flags = ["--metrics", "127.0.0.1:0", "--first-use", "accept"];
    await using gateway = await startServer(home, ["gateway", "--to", "127.0.0.1:1", ...flags]);
    const atStart = await page(gateway, "/metrics");
    const refusals = REFUSAL_REASONS.map(
      (reason) => `handclasp_refusals_total{listener="main",reason="${reason}"}`,
    );
    const problems = UPSTREAM_FAILURES.map(
      (problem) => `handclasp_upstream_errors_total{listener="main",problem="${problem}"}`,
    );
    for (const sample of [...refusals, ...problems]) assert.ok(atStart.includes(`\n${sample} 0\n`), sample);
    await connectOnce({ identity: ada, port: gateway.port });
    assert.equal((await connectOnce({ identity: await identity("ada"), port: gateway.port })).alert, 46);
    const now = await page(gateway, "/metrics");
    assert.match(now, /^handclasp_refusals_total\{listener="main",reason="key-changed"\} 1$/m);
    assert.match(now, /^handclasp_upstream_errors_total\{listener="main",problem="unreachable"\} 1$/m);
  });

  it("costs nothing without --metrics: prom-client is not even loaded", async () => {
    const script = `
      import { createRequire } from "node:module";
      await import(${JSON.stringify(join(import.meta.dirname, "../../src/cli/gateway.ts"))});
      console.log(Object.keys(createRequire(process.cwd() + "/").cache).join("\\n"));`;
    const args = ["--input-type=module", "--eval", script];
    const { stdout, stderr, code } = await runToEnd(process.execPath, args);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /node_modules\/commander\//);
    assert.doesNotMatch(stdout, /node_modules\/prom-client\//);
    assert.match(createRequire(import.meta.url).resolve("prom-client"), /node_modules\/prom-client\//);
  });
});
