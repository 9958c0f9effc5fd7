import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { once } from "node:events";
import { type AddressInfo, createConnection } from "node:net";
import { describe, it } from "node:test";
import { received, openClient, openUpstream } from "../../gateway/support/upstream.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { forEachOf } from "../../journeys/support/flood.ts";
import { Home, MAIN, type RunningServer, startServer } from "../support/serve.ts";
import { freePort } from "../../support/free-port.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

const ada = await identity("ada");

/** Lines of an event, and how many more the log says there were. */
function told({ log }: RunningServer, name: string): { readonly lines: number; readonly leftOut: number } {
  const sums = log.filter(({ event, of }) => event === "suppressed" && of === name);
  return {
    lines: log.filter(({ event }) => event === name).length,
    leftOut: sums.reduce((sum, { count }) => sum + Number(count), 0),
  };
}

describe("the log of a gateway", { timeout: FILE_PATIENCE_MS }, () => {
  for (const workers of [1, 2]) {
    it(`has a few lines of a flood, and how many more there were, with ${workers} workers`, async () => {
      using home = new Home();
      const verb = ["gateway", "--to", "127.0.0.1:1", "--workers", String(workers)];
      await using gateway = await startServer(home, verb);
      const began = performance.now();
      const flood = Array.from({ length: 600 }, (_, at) => at);
      await forEachOf(flood, 16, async () => {
        assert.equal((await connectOnce({ port: gateway.port })).alert, 116);
      });
      await forEachOf(flood, 16, async () => {
        const socket = createConnection(gateway.port, "127.0.0.1").on("error", () => undefined);
        socket.resume().write("GET / HTTP/1.1\r\n\r\n");
        await once(socket, "close");
      });
      const seconds = (performance.now() - began) / 1000;
      assert.equal(await gateway.stop(), 0);
      const most = workers * (100 + 10 * (seconds + 2));
      for (const name of ["refused", "handshake-failed"]) {
        const { lines, leftOut } = told(gateway, name);
        assert.ok(lines >= 100 && lines <= most, `${lines} lines of ${name} in ${seconds} s`);
        assert.equal(lines + leftOut, flood.length, name);
      }
    });
  }

  it("says which listener a client came to, and what was wrong with it", async () => {
    using home = new Home();
    const verb = ["gateway", "--to", "127.0.0.1:1", "--first-use", "accept", "--log", "connections"];
    await using gateway = await startServer(home, verb);
    const rival = await identity("ada");
    for (const each of [ada, ada, rival]) await connectOnce({ port: gateway.port, identity: each });
    for (const name of ["met", "recognised", "refused"]) {
      const line = await gateway.logged(({ event }) => event === name);
      assert.equal(typeof line["listener"], "string", name);
    }
    await gateway.logged(({ event, reason }) => event === "closed" && reason === null);
  });

  it("has the paths of requests, and nothing of their queries", async () => {
    using home = new Home();
    const upstream = createServer((_request, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const { port } = upstream.address() as AddressInfo;
    const to = ["--to", `http://127.0.0.1:${port}`, "--mode", "http", "--first-use", "accept"];
    await using gateway = await startServer(home, ["gateway", ...to, "--log", "connections"]);
    const targets = [
      "/a/b?token=secret1",
      "/?secret2",
      "http://localhost/c?d=secret3",
      "http://ada:secret4@localhost/e",
      "/f#secret5",
      "//ada:secret6@localhost/g?h",
    ];
    for (const target of targets) {
      const client = await openClient(gateway.port, ada);
      client.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      assert.match(String(await received(client)), /^HTTP\/1\.1 /);
      client.destroy();
    }
    const session = connectHttp2(`https://127.0.0.1:${gateway.port}`, {
      key: ada.key,
      cert: ada.cert,
      rejectUnauthorized: false,
    });
    const request = session.request({ ":path": "/two?secret7" });
    await once(request.resume(), "end");
    session.close();
    const paths = (): unknown[] =>
      gateway.log.filter(({ event }) => event === "request").map((line) => line["target"]);
    await gateway.logged(({ event, target }) => event === "request" && target === "/two");
    await gateway.stop();
    upstream.close();
    assert.deepEqual(paths(), [
      "/a/b",
      "/",
      "http://localhost/c",
      "http://localhost/e",
      "/f",
      "//localhost/g",
      "/two",
    ]);
    assert.doesNotMatch(JSON.stringify(gateway.log), /secret/);
  });
});

describe("a log that cannot be written", { timeout: FILE_PATIENCE_MS }, () => {
  for (const verb of [["serve"], ["gateway", "--to", "UPSTREAM", "--first-use", "accept"]]) {
    it(`ends nothing: ${verb.join(" ")}`, async () => {
      using home = new Home();
      await using upstream = await openUpstream((socket) => socket.end("hello"));
      const port = await freePort();
      const args = verb.map((word) => (word === "UPSTREAM" ? `127.0.0.1:${upstream.port}` : word));
      const command = [process.execPath, MAIN, ...args, "--listen", `127.0.0.1:${port}`];
      const child = spawn("bash", ["-c", 'exec "$@" 2>/dev/full', "bash", ...command], {
        env: home.environment,
        stdio: "ignore",
      });
      const over = once(child, "exit") as Promise<[number | null]>;
      let isOver = false;
      child.on("exit", () => (isOver = true));
      let served = 0;
      while (served < 5) {
        assert.equal(isOver, false);
        const answer = await connectOnce({ identity: ada, port, eager: "hello\n" });
        if (answer.error === null && answer.received.includes("ello")) served += 1;
        else await new Promise((resolve) => setTimeout(resolve, 50));
        // A refusal is logged, too.
        if (served > 0) await connectOnce({ identity: await identity("ada"), port });
      }
      child.kill("SIGTERM");
      assert.deepEqual((await over)[0], 0);
    });
  }
});
