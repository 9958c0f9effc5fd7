import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { connect as connectTls } from "node:tls";
import { openStore } from "../../../src/store/open-store.ts";
import { runHere } from "../support/run-here.ts";
import { Home, startServe } from "../support/serve.ts";
import { makeClient, openssl } from "../support/tls-clients.ts";
import { connectionsIn } from "../../support/listed.ts";

describe("serve, when it starts and stops", () => {
  it("keeps its key over a restart, and records where it is for those who invite clients", async () => {
    using home = new Home();
    const first = await startServe(home);
    assert.equal(await first.stop(), 0);
    await using second = await startServe(home);
    assert.equal(second.pin, first.pin);
    await using store = openStore(home.store);
    const record = JSON.parse(store.setting("server") ?? "null") as Record<string, unknown>;
    assert.equal(record["pin"], second.pin);
    assert.equal(record["address"], second.address);
    assert.equal(store.setting(`server:${second.address}`), store.setting("server"));
  });

  it("makes one key when two start at once", async () => {
    using home = new Home();
    const both = await Promise.all([startServe(home), startServe(home)]);
    assert.equal(both[0].pin, both[1].pin);
    for (const server of both) assert.equal(await server.stop(), 0);
  });

  it("uses the certificate and key that it is given", async () => {
    using home = new Home();
    const own = await makeClient(home, "server");
    await using server = await startServe(home, ["--cert", own.cert, "--key", own.key]);
    assert.equal(server.pin, own.pin);
    assert.match((await openssl(server.port, {}, "me\n")).stdout, /CN = server/);
  });

  it("needs no disk with a store in memory", async () => {
    using home = new Home();
    await using server = await startServe(home, ["--store", "memory:"]);
    assert.match((await openssl(server.port, {}, "me\n", "-quiet")).stdout, /Hello, me$/);
    assert.deepEqual(readdirSync(home.folder), []);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`ends open connections and exits 0 on ${signal}, with everything on disk`, async () => {
      using home = new Home();
      const server = await startServe(home);
      const ada = await makeClient(home, "ada");
      const key = readFileSync(ada.key);
      const socket = connectTls({
        port: server.port,
        host: "127.0.0.1",
        key,
        cert: ada.pem,
        rejectUnauthorized: false,
      });
      socket.on("error", () => undefined);
      const closed = new Promise<void>((resolve) => void socket.on("close", () => resolve()));
      await server.logged(({ event }) => event === "met");
      assert.equal(await server.stop(signal), 0);
      await closed;
      await using store = openStore(home.store);
      assert.equal(store.key(ada.pin)?.state, "trusted");
      assert.deepEqual(await connectionsIn(store), []);
    });
  }

  const failures: readonly (readonly [string, string | Uint8Array])[] = [
    ["no database", "this is not SQLite at all, but long enough to be looked at ".repeat(20)],
    ["empty", ""],
  ];
  for (const [what, content] of failures) {
    it(`exits 1 with error and hint when the store is ${what}, and leaves it as it is`, async () => {
      using home = new Home();
      const path = home.path("broken.db");
      writeFileSync(path, content);
      const { code, stderr, stdout } = await runHere(home, [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--store",
        path,
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /^error: /m);
      assert.match(stderr, /^hint: /m);
      assert.equal(stdout, "");
      assert.equal(readFileSync(path, "utf8"), content);
    });
  }

  it("exits 1 when its identity cannot be used, and does not replace it", async () => {
    using home = new Home();
    assert.equal(await (await startServe(home)).stop(), 0);
    const file = `${home.store}.server.pem`;
    writeFileSync(file, "damaged");
    await assert.rejects(startServe(home), /ended with 1: \{"error":\{"code":"/);
    assert.equal(readFileSync(file, "utf8"), "damaged");
  });

  it("exits 1 when the PEM folder holds something else, or the port is taken", async () => {
    using home = new Home();
    writeFileSync(home.path("precious"), "mine");
    await assert.rejects(
      startServe(home, ["--pem-dir", home.folder]),
      /ended with 1: \{"error":\{"code":"[^\n]*"hint":"/,
    );
    await using server = await startServe(home);
    const taken = await runHere(home, ["serve", "--listen", server.address]);
    assert.equal(taken.code, 1);
    assert.match(taken.stderr, /error: cannot listen/);
  });

  for (const wrong of [
    ["--first-use", "maybe"],
    ["--listen", "8443"],
    ["--max-tls", "1.1"],
    ["--handshake-timeout", "soon"],
    ["--max-pending", "0"],
    ["--max-handshakes", "-1"],
    ["--cert", "only.pem"],
    ["--min-tls", "1.3", "--max-tls", "1.2"],
    ["--no-such-option"],
    ["unexpected"],
  ]) {
    it(`exits 2 for ${wrong.join(" ")}`, async () => {
      using home = new Home();
      const { code, stderr } = await runHere(home, ["serve", ...wrong]);
      assert.equal(code, 2);
      assert.match(stderr, /error: /);
      assert.deepEqual(readdirSync(home.folder), []);
    });
  }
});
