import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Home, type RunningServer, startServer } from "../cli/support/serve.ts";
import { TestUpstream } from "../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { PostgresServer, postgresPrograms } from "../store/postgres/support/postgres-server.ts";
import { freePort } from "./support/gateway.ts";

const [programs] = postgresPrograms();
assert.ok(programs, "no PostgreSQL was found, though npm installs one");

/** A few seconds, and what a machine takes that has much else to do. */
const BOUND_MS = 30_000;

describe("a gateway whose store is at several hosts", { timeout: 240_000 }, () => {
  let upstream: TestUpstream;
  let silent: TestUpstream;
  before(async () => {
    upstream = await new TestUpstream((socket) => void socket.end("hello")).listen();
    silent = await new TestUpstream((socket) => void socket.resume()).listen();
  });
  after(() => Promise.all([upstream, silent].map((each) => each[Symbol.asyncDispose]())));

  function start(home: Home, ports: readonly number[]): Promise<RunningServer> {
    const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
    const url = `postgres://postgres@${hosts}/postgres?target_session_attrs=read-write`;
    const to = ["--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
    const store = ["--store", `${url}&replica=${home.path("replica.db")}`, "--metrics", "127.0.0.1:0"];
    return startServer(home, ["gateway", ...to, ...store]);
  }

  it("goes on with the standby that takes over, and lets known clients in meanwhile", async () => {
    using home = new Home();
    const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);
    await using primary = await PostgresServer.open(programs);
    await using standby = await PostgresServer.standbyOf(primary);
    await using gateway = await start(home, [primary.port, standby.port]);
    await untilLetIn(gateway, ada);
    await primary.replayedBy(standby);
    await primary.kill();
    assert.ok(await isLetIn(gateway, ada), "who is known is let in without a database");
    assert.ok(!(await isLetIn(gateway, bob)), "nobody new is met without one");
    const promoted = standby.promote();
    const met = untilLetIn(gateway, bob);
    for (let asked = 0; asked < 10; asked++) assert.ok(await isLetIn(gateway, ada), "known throughout");
    await Promise.all([promoted, met]);
    await until(async () => (await readiness(gateway)) === "200 ready");
    assert.ok(gateway.log.every(({ event }) => event !== "branch-found"));
    const log = await standby.ask<{ length: number }>(
      "SELECT count(*)::int AS length FROM handclasp.change_log",
    );
    assert.equal(log?.length, 2);
  });

  it("says what a standby that takes over never had, and cuts who was let in by that", async () => {
    using home = new Home();
    const [ada, bob] = await Promise.all([identity("ada"), identity("bob")]);
    await using primary = await PostgresServer.open(programs);
    await using standby = await PostgresServer.standbyOf(primary);
    await using gateway = await start(home, [primary.port, standby.port]);
    await untilLetIn(gateway, ada);
    await primary.replayedBy(standby);
    await standby.stop();
    await untilLetIn(gateway, bob);
    await primary.kill();
    await standby.start();
    await standby.promote();
    const found = await logged(gateway, "branch-found");
    assert.equal(found["lost"], 1);
    // Nobody is let in while that is found out.
    await untilLetIn(gateway, ada);
    await untilLetIn(gateway, bob);
    const log = await standby.ask<{ length: number }>(
      "SELECT count(*)::int AS length FROM handclasp.change_log",
    );
    assert.ok((log?.length ?? 0) >= 2);
  });

  for (const what of ["refuses", "answers nothing"] as const) {
    it(`is ready with the second one where the first one ${what}`, async () => {
      using home = new Home();
      await using primary = await PostgresServer.open(programs);
      const first = what === "refuses" ? await freePort() : silent.port;
      await using gateway = await start(home, [first, primary.port]);
      await untilLetIn(gateway, await identity("ada"));
      await until(async () => (await readiness(gateway)) === "200 ready");
    });
  }
});

async function isLetIn({ port }: RunningServer, shown: TestIdentity): Promise<boolean> {
  return (await connectOnce({ port, identity: shown })).received === "hello";
}

async function untilLetIn(gateway: RunningServer, shown: TestIdentity): Promise<void> {
  await until(() => isLetIn(gateway, shown));
}

async function readiness(gateway: RunningServer): Promise<string> {
  const { address } = await gateway.logged(({ event }) => event === "metrics");
  const response = await fetch(`http://${String(address)}/readyz`);
  return `${response.status} ${(await response.text()).trim()}`;
}

async function logged({ log }: RunningServer, event: string): Promise<RunningServer["log"][number]> {
  await until(async () => log.some((line) => line.event === event));
  const line = log.find((each) => each.event === event);
  assert.ok(line);
  return line;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + BOUND_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < end, "it never came to that");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
