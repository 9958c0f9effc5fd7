import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, globSync, mkdirSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { describe, it } from "node:test";
import { Home, runToEnd, startServer, until } from "../cli/support/serve.ts";
import { gone, openUpstream } from "../gateway/support/upstream.ts";
import { ask, reachable, startForward, startGateway } from "./support/gateway.ts";
import { userIdOf } from "./support/user-id.ts";
import { freePort } from "../support/free-port.ts";

const POSTGRES = globSync("/usr/lib/postgresql/*/bin").at(-1);
const REDIS = "/usr/bin/redis-server";

describe("a service behind the gateway, and its own client through forward", () => {
  it("is Redis with its benchmark", { skip: existsSync(REDIS) ? false : "no redis-server" }, async () => {
    using home = new Home();
    const port = await freePort();
    const redis = spawn(REDIS, [
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--dir",
      home.folder,
    ]);
    try {
      await until(() => redis.exitCode === null);
      await reachable(port);
      await using gateway = await startGateway(home, `127.0.0.1:${port}`);
      await using forward = await startForward(home, gateway);
      const client = ["-p", String(forward.port)];
      assert.equal((await runToEnd("redis-cli", [...client, "SET", "name", "anna"])).stdout, "OK\n");
      assert.equal((await runToEnd("redis-cli", [...client, "GET", "name"])).stdout, "anna\n");
      const work = ["-n", "5000", "-c", "20", "-P", "4", "-d", "2000", "-t", "set,get", "-q"];
      const { stdout, code } = await runToEnd("redis-benchmark", [...client, ...work]);
      assert.equal(code, 0);
      assert.match(stdout, /GET: [\d.]+ requests per second/);
      await until(() => gateway.log.some(({ event }) => event === "met"));
    } finally {
      redis.kill();
    }
  });

  it("is PostgreSQL with psql", { skip: POSTGRES === undefined ? "no PostgreSQL" : false }, async () => {
    using home = new Home();
    const data = home.path("postgres");
    mkdirSync(data);
    const owner = userIdOf("postgres");
    const { uid } = owner;
    const asOwner = process.getuid?.() === 0 ? { uid, gid: owner.gid } : {};
    if (process.getuid?.() === 0) {
      chownSync(home.folder, uid, owner.gid);
      chownSync(data, uid, owner.gid);
    }
    await ended(
      spawn(`${POSTGRES}/initdb`, ["-D", data, "-A", "trust", "-U", "postgres", "--no-sync"], asOwner),
    );
    const port = await freePort();
    const flags = ["-D", data, "-p", String(port), "-k", data, "-h", "127.0.0.1", "-F"];
    const postgres = spawn(`${POSTGRES}/postgres`, flags, { ...asOwner, stdio: "ignore" });
    const exit = once(postgres, "exit");
    try {
      await Promise.race([reachable(port), exit.then(() => assert.fail("PostgreSQL ended by itself"))]);
      await using gateway = await startGateway(home, `127.0.0.1:${port}`);
      await using forward = await startForward(home, gateway);
      const url = `postgresql://postgres@127.0.0.1:${forward.port}/postgres?sslmode=disable`;
      const sql =
        "CREATE TABLE t AS SELECT generate_series(1,50000) AS n; COPY t TO STDOUT; SELECT 'sum ' || sum(n) FROM t";
      const { stdout, stderr, code } = await runToEnd("psql", ["-X", "-A", "-t", "-d", url, "-c", sql]);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /^sum 1250025000$/m);
      assert.ok(stdout.split("\n").length > 50_000);
    } finally {
      postgres.kill("SIGINT");
      await exit;
    }
  });
});

describe("forward", () => {
  it("passes bytes, ends and refusals on, and says why once", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await using forward = await startForward(home, gateway);
    const said = randomBytes(3_000_000);
    assert.equal(hash("sha256", await ask(forward.port, said)), hash("sha256", said));
    await home.run(["trust", "revoke", String(forward.ready["pin"])]);
    for (let again = 0; again < 3; again++) {
      await gone(createConnection(forward.port, "127.0.0.1"));
    }
    await forward.logged(({ event }) => event === "failed");
    const failures = forward.log.filter(({ event }) => event === "failed");
    assert.equal(failures.length, 1, JSON.stringify(failures));
    assert.match(String(failures[0]?.["message"]), /certificate_revoked/);
  });

  it("refuses a server whose key changed, and shows both keys once", async () => {
    using home = new Home();
    using other = new Home();
    await using upstream = await openUpstream();
    const listen = ["--listen", `127.0.0.1:${await freePort()}`];
    const first = await startGateway(home, `127.0.0.1:${upstream.port}`, ...listen);
    await using forward = await startForward(home, first);
    await ask(forward.port, Buffer.from("hello"));
    await first.stop();
    await using second = await startGateway(other, `127.0.0.1:${upstream.port}`, ...listen);
    for (let again = 0; again < 2; again++) {
      await gone(createConnection(forward.port, "127.0.0.1"));
    }
    await forward.logged(({ event }) => event === "failed");
    const failures = forward.log.filter(({ event }) => event === "failed");
    assert.equal(failures.length, 1, JSON.stringify(failures));
    const text = `${String(failures[0]?.["message"])} ${String(failures[0]?.["hint"])}`;
    for (const { pin, keyId } of [first, second]) assert.ok(text.includes(pin) || text.includes(keyId), text);
  });

  it("listens where others can reach it only when told so twice, and warns even then", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    for (const host of ["0.0.0.0", "[::]", "192.0.2.1", "host.example"]) {
      const { code, stderr } = await home.run(["forward", `${host}:0`, gateway.address]);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /--dangerously-share-identity/);
    }
    const verb = ["forward", "0.0.0.0:0", gateway.address, "--dangerously-share-identity"];
    await using forward = await startServer(home, verb);
    assert.match(String(forward.log.find(({ event }) => event === "warning")?.["message"]), /anybody/);
  });

  it("has connections beyond its number wait until others end", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await using forward = await startForward(home, gateway, "--max-connections", "2");
    const open = [await openThrough(forward.port), await openThrough(forward.port)];
    const waiting = createConnection(forward.port, "127.0.0.1");
    waiting.write("me too");
    const { most } = await forward.logged(({ event }) => event === "full");
    assert.equal(most, 2);
    assert.equal(upstream.sockets.size, 2);
    open[0]?.destroy();
    const [answer] = (await once(waiting, "data")) as [Buffer];
    assert.equal(String(answer), "me too");
    for (const socket of [...open, waiting]) socket.destroy();
  });

  it("has fewer connections than its number where it may open few files", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    const verb = ["forward", "127.0.0.1:0", gateway.address];
    await using forward = await startServer(home, verb, "-n 90");
    const first = await openThrough(forward.port);
    const others = Array.from({ length: 60 }, () => createConnection(forward.port, "127.0.0.1"));
    for (const socket of others) socket.on("error", () => undefined);
    const { most } = await forward.logged(({ event }) => event === "full");
    assert.ok(Number(most) < 30, String(most));
    first.write("still here");
    const [answer] = (await once(first, "data")) as [Buffer];
    assert.equal(String(answer), "still here");
    for (const socket of [first, ...others]) socket.destroy();
  });

  it("comes in as the one who joined by a token", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    const gateway = await startServer(home, ["gateway", "--to", `127.0.0.1:${upstream.port}`]);
    await using _stopped = gateway;
    const token = (await home.run(["token", "create", "bert"])).stdout.trim();
    assert.equal((await home.run(["join", token])).code, 0);
    await using forward = await startForward(home, gateway);
    assert.equal(String(await ask(forward.port, Buffer.from("me"))), "me");
    const connections = (await home.run(["trust", "list", "--json"])).stdout;
    assert.equal((JSON.parse(connections) as { peer: string }[])[0]?.peer, "bert");
  });
});

/** A connection that the service answered. */
async function openThrough(port: number): Promise<Socket> {
  const socket = createConnection(port, "127.0.0.1");
  socket.write("hello");
  await once(socket, "data");
  return socket;
}

async function ended(child: ReturnType<typeof spawn>): Promise<void> {
  const [code] = (await once(child, "exit")) as [number | null];
  assert.equal(code, 0);
}
