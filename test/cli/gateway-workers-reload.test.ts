import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { openUpstream } from "../gateway/support/upstream.ts";
import { identity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { freePort } from "../journeys/support/gateway.ts";
import { Home, type RunningServer, startServer, until } from "./support/serve.ts";

const ada = await identity("ada");

/** A gateway with two workers and a file, which is written anew by `write`. */
async function start(
  home: Home,
  to: number,
): Promise<{
  readonly gateway: RunningServer;
  readonly write: (...lines: readonly string[]) => void;
}> {
  const file = home.path("gateway.toml");
  const port = await freePort();
  const write = (...lines: readonly string[]): void => {
    const head = ["workers = 2", "[[listener]]", 'name = "main"', `listen = "127.0.0.1:${port}"`];
    const own = [`to = "127.0.0.1:${to}"`, 'first_use = "accept"', ...lines];
    writeFileSync(file, [...head, ...own].join("\n"));
  };
  write();
  return { gateway: await startServer(home, ["gateway", "--config", file]), write };
}

function workers({ log }: RunningServer): readonly number[] {
  const gone = log.filter(({ event }) => event === "worker-died").map(({ pid }) => pid);
  const started = log.filter(({ event }) => event === "worker-started").map(({ pid }) => Number(pid));
  return started.filter((pid) => !gone.includes(pid));
}

function count({ log }: RunningServer, name: string): number {
  return log.filter(({ event }) => event === name).length;
}

async function visit({ port }: RunningServer): Promise<string> {
  const { received, alert } = await connectOnce({ identity: ada, port });
  return alert === null ? received : `alert ${alert}`;
}

/** What a client comes to on two dozen connections, which all workers get some of. */
async function visits(gateway: RunningServer): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let tries = 0; tries < 24; tries++) seen.add(await visit(gateway));
  return seen;
}

describe("a reload of a gateway with two workers", { timeout: 60_000 }, () => {
  it("changes nothing, in successors of workers either, when one listener cannot be had, and says so", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    await using taken = await openUpstream();
    const { gateway, write } = await start(home, upstream.port);
    await using _stopped = gateway;
    const second = ["[[listener]]", `listen = "127.0.0.1:${taken.port}"`, 'to = "127.0.0.1:1"'];
    write('allow = ["bob"]', ...second);
    gateway.signal("SIGHUP");
    const { message } = await gateway.logged(({ event }) => event === "reload-failed");
    assert.match(String(message), /EADDRINUSE/);
    assert.equal(count(gateway, "reloaded"), 0);
    for (const pid of workers(gateway)) process.kill(pid, "SIGKILL");
    await until(() => count(gateway, "worker-died") === 2 && workers(gateway).length === 2);
    while ((await visit(gateway)) === "") await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(await visits(gateway), new Set(["hello"]));
  });

  it("reaches a worker that is just being started", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    const { gateway, write } = await start(home, upstream.port);
    await using _stopped = gateway;
    assert.deepEqual(await visits(gateway), new Set(["hello"]));
    const [victim] = workers(gateway);
    assert.ok(victim);
    process.kill(victim, "SIGKILL");
    await until(() => count(gateway, "worker-started") === 3);
    write('allow = ["bob"]');
    gateway.signal("SIGHUP");
    await gateway.logged(({ event }) => event === "reloaded");
    await until(() => workers(gateway).length === 2);
    // The other one gone, all connections come to the new one.
    const [other, fresh] = workers(gateway);
    assert.ok(other && fresh && other !== victim);
    process.kill(other, "SIGKILL");
    await gateway.logged(({ event, pid }) => event === "worker-died" && pid === other);
    assert.deepEqual(await visits(gateway), new Set(["alert 49"]));
  });

  it("is no matter of a signal to its workers", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    const { gateway } = await start(home, upstream.port);
    await using _stopped = gateway;
    for (const pid of workers(gateway)) process.kill(pid, "SIGHUP");
    gateway.signal("SIGHUP");
    await gateway.logged(({ event }) => event === "reloaded");
    assert.deepEqual(await visits(gateway), new Set(["hello"]));
    assert.equal(count(gateway, "worker-died"), 0);
  });
});
