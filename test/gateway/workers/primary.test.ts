import assert from "node:assert/strict";
import { renameSync, symlinkSync } from "node:fs";
import { describe, it } from "node:test";
import { StoreUrl } from "../../../src/trust/port/store-url.ts";
import { parseConfig } from "../../../src/gateway/config/parse-config.ts";
import { aggregate } from "../../../src/gateway/metrics/metrics-server.ts";
import { Primary } from "../../../src/gateway/workers/primary.ts";
import type { WorkerHappening } from "../../../src/trust/happenings/worker-happening.ts";
import type { WorkerReport } from "../../../src/gateway/workers/worker-message.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { Home, MAIN, until } from "../../cli/support/serve.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

const LISTENER = `[[listener]]\nlisten = "127.0.0.1:0"\nto = "127.0.0.1:1"\n`;
const ARGS = [MAIN, "gateway", "--worker", "--json"];

/** The primary of two workers, which are not started yet. */
function primaryOf(
  home: Home,
  program: string,
  { text = LISTENER }: { readonly text?: string } = {},
): Primary {
  const config = parseConfig(text, {
    file: "x.toml",
    folder: home.folder,
    store: StoreUrl.parse(home.store),
  });
  return new Primary(config, { count: 2, command: [program, ...ARGS], sockets: [] });
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((what) => what === "Timeout").length;
}

/** The value of a counter, all its labels together. */
async function total(reports: readonly WorkerReport[], counter: string): Promise<number> {
  const text = await aggregate(reports, false).metrics();
  const values = text.split("\n").filter((line) => line.startsWith(`${counter}{`));
  return values.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

describe("the primary of several workers", { timeout: FILE_PATIENCE_MS }, () => {
  it("starts a successor as soon as it can be started", async () => {
    using home = new Home();
    const [program, elsewhere] = [home.path("node"), home.path("elsewhere")];
    symlinkSync(process.execPath, program);
    const events: WorkerHappening[] = [];
    const primary = primaryOf(home, program);
    const types = ["worker-started", "worker-died", "worker-failed"] as const;
    primary.happenings.subscribe(types, (event) => void events.push(event));
    await primary.start();
    try {
      renameSync(program, elsewhere);
      const [first = 0] = primary.pids;
      process.kill(first, "SIGKILL");
      await until(() => events.filter(({ type }) => type === "worker-failed").length >= 2);
      renameSync(elsewhere, program);
      await until(() => primary.pids.length === 2);
      const pids = events.flatMap((event) => ("pid" in event ? event.pid : []));
      assert.ok(!pids.includes(0), "what was never started is said to be a process");
    } finally {
      await primary.stop();
    }
  });

  it("leaves nothing to wait for when it is stopped while a successor is to come", async () => {
    using home = new Home();
    const [program, elsewhere] = [home.path("node"), home.path("elsewhere")];
    symlinkSync(process.execPath, program);
    const before = timers();
    const primary = primaryOf(home, program);
    let failures = 0;
    primary.happenings.subscribe(["worker-failed"], () => void (failures += 1));
    await primary.start();
    renameSync(program, elsewhere);
    for (const pid of primary.pids) process.kill(pid, "SIGKILL");
    await until(() => failures >= 6);
    assert.ok(timers() > before, "no successor is to come");
    await primary.stop();
    await until(() => timers() <= before);
  });

  it("ends when none can be started", async () => {
    using home = new Home();
    await assert.rejects(primaryOf(home, home.path("missing")).start(), { code: "ENOENT" });
  });

  it("counts what a worker did once, that ends just when it is asked", async () => {
    using home = new Home();
    const text = `[metrics]\nlisten = "127.0.0.1:0"\n${LISTENER}`;
    const primary = primaryOf(home, process.execPath, { text });
    const [address] = await primary.start();
    try {
      for (let clients = 0; clients < 24; clients++) {
        assert.equal((await connectOnce({ port: address?.port ?? 0 })).alert, 116);
      }
      // One that takes long to answer for the first time is left out.
      const accepted = async (): Promise<number> =>
        await total(await primary.reports(), "handclasp_accepted_total");
      while ((await accepted()) !== 24) await new Promise(setImmediate);
      const [victim = 0] = primary.pids;
      process.kill(victim, "SIGSTOP");
      const reports = primary.reports();
      process.kill(victim, "SIGKILL");
      assert.equal(await total(await reports, "handclasp_accepted_total"), 24);
      assert.equal(await accepted(), 24);
    } finally {
      await primary.stop("SIGKILL");
    }
  });
});
