import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { openClient, openUpstream } from "../../gateway/support/upstream.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { Home, type RunningServer, startServer, until } from "../support/serve.ts";
import { freePort } from "../../support/free-port.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

const ada = await identity("ada");

/** A gateway with two workers and a file, which is written anew by `write`. */
async function start(
  home: Home,
  to: number,
  at?: number,
): Promise<{
  readonly gateway: RunningServer;
  readonly write: (...lines: readonly string[]) => void;
}> {
  const file = home.path("gateway.toml");
  const port = at ?? (await freePort());
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

async function visit({ port }: { readonly port: number }, eager?: string): Promise<string> {
  const { received, alert } = await connectOnce({
    identity: ada,
    port,
    ...(eager !== undefined && { eager }),
  });
  return alert === null ? received : `alert ${alert}`;
}

/** What a client comes to on two dozen connections, which all workers get some of. */
async function visits(gateway: { readonly port: number }, eager?: string): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (let tries = 0; tries < 24; tries++) seen.add(await visit(gateway, eager));
  return seen;
}

async function speaks(client: TLSSocket): Promise<void> {
  client.write("still here");
  assert.equal(String((await once(client, "data"))[0]), "still here");
}

/** Echoes, but ends after `bye`. */
function echoUntilBye(socket: Socket): void {
  socket.on("end", () => socket.end());
  socket.on("data", (said: Buffer) => (String(said) === "bye" ? socket.end(said) : socket.write(said)));
}

const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;

/** Has a process of ours open no more files than so many. */
function limitFiles(pid: number, most: number): void {
  const { status } = spawnSync("prlimit", ["--pid", String(pid), `--nofile=${most}:`]);
  assert.equal(status, 0);
}

/** The inodes of sockets that listen on a port. proc(5), /proc/net/tcp: 0A is LISTEN. */
function listeningOn(port: number): readonly string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const listening = rows.filter(([, at, , state]) => at?.endsWith(local) === true && state === "0A");
  return listening.map((row) => row[9] ?? "").toSorted();
}

describe("a reload of a gateway with two workers", { timeout: FILE_PATIENCE_MS }, () => {
  it("changes nothing, in successors of workers either, when one listener cannot be had, and says so", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    await using taken = await openUpstream();
    const { gateway, write } = await start(home, upstream.port);
    await using _stopped = gateway;
    const second = ["[[listener]]", `listen = "127.0.0.1:${taken.port}"`, 'to = "127.0.0.1:1"'];
    write('allow = ["bob"]', ...second);
    gateway.signal("SIGHUP");
    await gateway.logged(
      ({ event, message }) => event === "reload-failed" && /EADDRINUSE/.test(String(message)),
    );
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

  it(
    "that one of them cannot follow cuts nobody on the others",
    { skip: hasPrlimit ? false : "no prlimit" },
    async () => {
      using home = new Home();
      await using upstream = await openUpstream(echoUntilBye);
      const { gateway, write } = await start(home, upstream.port);
      await using _stopped = gateway;
      const live = await Promise.all(Array.from({ length: 12 }, () => openClient(gateway.port, ada)));
      for (const client of live) await speaks(client);
      const [stuck] = workers(gateway);
      assert.ok(stuck);
      // It can open nothing any more, not even another listener.
      limitFiles(stuck, 10);
      const second = ["[[listener]]", `listen = "127.0.0.1:${await freePort()}"`, 'to = "127.0.0.1:1"'];
      write('allow = ["bob"]', ...second);
      gateway.signal("SIGHUP");
      await gateway.logged(({ event }) => event === "reload-failed");
      assert.equal(count(gateway, "reloaded"), 0);
      // That the file changed is noticed as well: before the worker can follow again, that has to be over.
      write();
      gateway.signal("SIGHUP");
      const asked = (): number => gateway.log.filter(({ cause }) => cause === "SIGHUP").length;
      await until(() => asked() === 2);
      limitFiles(stuck, 1000);
      assert.equal(count(gateway, "revoked"), 0);
      for (const client of live) await speaks(client);
      assert.deepEqual(await visits(gateway, "bye"), new Set(["bye"]));
      for (const client of live) client.destroy();
    },
  );

  it("keeps the port that 0 picked, and the sockets that listen there", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    const { gateway, write } = await start(home, upstream.port, 0);
    await using _stopped = gateway;
    const sockets = listeningOn(gateway.port);
    assert.equal(sockets.length, 2);
    for (const lines of [['idle_timeout = "9s"'], ['idle_timeout = "8s"'], []]) {
      const before = count(gateway, "reloaded");
      write(...lines);
      await until(() => count(gateway, "reloaded") > before);
      assert.deepEqual(listeningOn(gateway.port), sockets);
      assert.deepEqual(await visits(gateway), new Set(["hello"]));
    }
  });

  it("has all workers listen on the same port where it picks one for a listener that is new", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => socket.end("hello"));
    const { gateway, write } = await start(home, upstream.port);
    await using _stopped = gateway;
    const second = ["[[listener]]", 'name = "second"', 'listen = "127.0.0.1:0"', 'first_use = "accept"'];
    write(...second, `to = "127.0.0.1:${upstream.port}"`);
    const { port } = await gateway.logged(
      (line) => line.event === "listening" && line["listener"] === "second",
    );
    assert.equal(listeningOn(Number(port)).length, 2);
    assert.deepEqual(await visits({ port: Number(port) }), new Set(["hello"]));
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
