import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, renameSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { describe, it } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { Home, type RunningServer, startServer, until } from "../cli/support/serve.ts";
import { exchange, openClient, openUpstream } from "../gateway/support/upstream.ts";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { connectOnce } from "../guard/support/node-client.ts";
import { forEachOf, knock, strangers } from "./support/flood.ts";
import { startGateway } from "./support/gateway.ts";
import { SlowHome } from "./support/slow-home.ts";

const ada = await identity("ada");

/** One answer, and that is all: clients that wait for the end see it. */
function answerOnce(socket: Socket): void {
  socket.once("data", (said: Buffer) => socket.end(said));
  socket.on("end", () => socket.end());
  socket.resume();
}

async function comesThrough(gateway: RunningServer, who: TestIdentity = ada): Promise<void> {
  assert.equal(await exchange(await openClient(gateway.port, who), "hello"), "hello");
}

describe("a gateway, and clients that mean it harm", () => {
  it("serves those it knows beside thousands that say nothing, or a byte a second", async () => {
    using home = new Home();
    await using upstream = await openUpstream(answerOnce);
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await comesThrough(gateway);
    const silent: Socket[] = [];
    for (let count = 0; count < 3000; count++) {
      const socket = createConnection(gateway.port, "127.0.0.1").on("error", () => undefined);
      silent.push(socket);
      if (count % 100 === 99) await once(socket, "connect");
    }
    // The beginning of a ClientHello, which never comes to its end.
    const drip = setInterval(() => {
      for (const socket of silent.slice(-500)) if (!socket.destroyed) socket.write(Uint8Array.of(22));
    }, 1000);
    for (let again = 0; again < 20; again++) await comesThrough(gateway);
    clearInterval(drip);
    for (const socket of silent) socket.destroy();
  });

  it("goes on after clients that reset their connection at each step", async () => {
    using home = new Home();
    await using upstream = await openUpstream(answerOnce);
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await comesThrough(gateway);
    const steps: readonly ((raw: Socket, tls: () => TLSSocket) => Promise<unknown>)[] = [
      () => Promise.resolve(),
      async (raw) => raw.write(Buffer.from("160301", "hex")),
      async (_raw, tls) => once(tls(), "keylog"),
      async (_raw, tls) => once(tls(), "secureConnect"),
      async (_raw, tls) => {
        const socket = tls();
        await once(socket, "secureConnect");
        socket.write("x".repeat(1_000_000));
      },
      async (_raw, tls) => {
        const socket = tls();
        socket.write("x".repeat(1_000_000));
        await once(socket, "data");
      },
    ];
    for (const step of [...steps, ...steps]) {
      const raw = createConnection(gateway.port, "127.0.0.1").on("error", () => undefined);
      await once(raw, "connect");
      const { key, cert } = ada;
      await step(raw, () =>
        connectTls({ socket: raw, rejectUnauthorized: false, key, cert }).on("error", () => undefined),
      );
      raw.resetAndDestroy();
    }
    await comesThrough(gateway);
    await until(() => upstream.sockets.size === 0);
  });

  it("lets known clients through while strangers flood it, most of whom are refused", async () => {
    using home = new SlowHome();
    await using upstream = await openUpstream(answerOnce);
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`, "--max-pending", "50");
    await comesThrough(gateway);
    await home.run(["trust", "list"]);
    const flood = await strangers(400);
    let known = 0;
    const over = new AbortController();
    const visits = (async () => {
      for (; !over.signal.aborted; known++) await comesThrough(gateway);
    })();
    await forEachOf(flood, 8, (who) => knock(gateway.port, who));
    over.abort();
    await visits;
    assert.ok(known > 10, `${known}`);
    await until(() => gateway.log.some(({ reason }) => reason === "rate-limited"));
    const { stdout } = await home.run(["trust", "list", "--json"]);
    const rows = JSON.parse(stdout) as readonly { peer: string; state: string }[];
    assert.equal(rows.find(({ peer }) => peer === "ada")?.state, "trusted");
  });

  it("has clients wait when its files are used up, and takes them when others go", async () => {
    using home = new Home();
    await using upstream = await openUpstream(answerOnce);
    const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
    await using gateway = await startServer(home, verb, "-n 120");
    await comesThrough(gateway);
    const held: TLSSocket[] = [];
    const isFull = (): boolean => gateway.log.some(({ event }) => event === "full");
    let waiting: Promise<TLSSocket> | undefined;
    for (let count = 0; count < 100 && !isFull(); count++) {
      waiting = openClient(gateway.port, ada);
      const client = await Promise.race([waiting, gateway.logged(({ event }) => event === "full")]);
      if (!("event" in client)) held.push(client);
    }
    assert.ok(isFull() && held.length >= 5, `${held.length} connections`);
    for (const client of held) client.destroy();
    assert.ok(waiting);
    assert.equal(await exchange(await waiting, "at last"), "at last");
    await comesThrough(gateway);
    assert.equal(gateway.log.filter(({ event }) => event === "upstream-failed").length, 0);
  });

  it("refuses first use when the disk is full, and goes on with those it knows", async () => {
    using home = new Home();
    await using upstream = await openUpstream(answerOnce);
    const verb = ["gateway", "--to", `127.0.0.1:${upstream.port}`, "--first-use", "accept"];
    await using gateway = await startServer(home, verb, "-S -f 400");
    await comesThrough(gateway);
    for (let count = 0; ; count++) {
      const { alert } = await connectOnce({
        port: gateway.port,
        identity: await identity(`new-${count}`),
        eager: "x",
      });
      if (alert === 80) break;
      assert.ok(count < 300, "the disk never got full");
    }
    await comesThrough(gateway);
    const check = await home.run(["store", "check"]);
    assert.equal(check.code, 0, check.stdout + check.stderr);
    const { status } = spawnSync("prlimit", ["--pid", String(gateway.pid), "--fsize=unlimited:"]);
    assert.equal(status, 0);
    await comesThrough(gateway, await identity("after"));
    await comesThrough(gateway);
  });

  it("refuses everybody when another file lies where the store was", async () => {
    using home = new Home();
    await using upstream = await openUpstream(answerOnce);
    await using gateway = await startGateway(home, `127.0.0.1:${upstream.port}`);
    await comesThrough(gateway);
    copyFileSync(home.store, `${home.store}.copy`);
    renameSync(`${home.store}.copy`, home.store);
    let alert: number | null = null;
    for (let tries = 0; tries < 50 && alert !== 80; tries++) {
      ({ alert } = await connectOnce({ port: gateway.port, identity: ada, eager: "x" }));
    }
    assert.equal(alert, 80);
  });
});
