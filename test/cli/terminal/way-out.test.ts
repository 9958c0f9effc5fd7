import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { openUpstream } from "../../gateway/support/upstream.ts";
import { identity } from "../../guard/support/identities.ts";
import { connectOnce } from "../../guard/support/node-client.ts";
import { Home, MAIN, runToEnd, startServe, startServer } from "../support/serve.ts";
import { freePort } from "../../support/free-port.ts";
import { FILE_PATIENCE_MS } from "../../support/patience.ts";

const ada = await identity("ada");

/** A shell's command line with our command for `handclasp`. */
function shell(home: Home, script: string): ReturnType<typeof runToEnd> {
  const ours = `handclasp() { "${process.execPath}" "${MAIN}" "$@"; }; set -o pipefail; ${script}`;
  return runToEnd("bash", ["-c", ours], { environment: home.environment });
}

/** A server's process, of whose output nobody reads a byte unless told so. */
function spawnUnread(home: Home, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: home.environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function isGreeted(port: number): Promise<boolean> {
  const { error, received } = await connectOnce({ identity: ada, port, eager: "hello\n" });
  return error === null && received.includes("ello");
}

describe("A verb that ends by itself", { timeout: FILE_PATIENCE_MS }, () => {
  it("says that its answer could not be written, with exit code 1 and no stack", async () => {
    using home = new Home();
    await using server = await startServe(home);
    assert.ok(await isGreeted(server.port));
    for (const verb of [
      "--help",
      "--version",
      "trust list",
      "trust events",
      "trust events --json",
      "store stats",
      "demo",
      `connect ${server.address}`,
    ]) {
      const { code, stderr } = await shell(home, `handclasp ${verb} > /dev/full`);
      assert.equal(code, 1, verb);
      const said = verb.endsWith("--json")
        ? /^\{"error":\{"code":"ENOSPC","message":"cannot write to stdout: ENOSPC[^\n]*"hint":null\}\}\n$/
        : /^error: cannot write to stdout: ENOSPC/m;
      assert.match(stderr, said, verb);
      assert.doesNotMatch(stderr, /^ {4}at /m, verb);
    }
  });

  it("says so of a file that was cut off", async () => {
    using home = new Home();
    const { code, stderr } = await shell(
      home,
      `ulimit -f 1; handclasp gateway --help > "${home.path("help")}"`,
    );
    assert.equal(code, 1);
    assert.match(stderr, /^error: cannot write to stdout: EFBIG/m);
    assert.equal(readFileSync(home.path("help")).length, 1024);
  });

  it("ends without a word when nobody reads any more", async () => {
    using home = new Home();
    await using server = await startServe(home);
    assert.ok(await isGreeted(server.port));
    for (const [verb, first] of [
      ["gateway --help", "Usage: handclasp gateway [options]\n"],
      ["trust events", "1  "],
      ["demo", "ok    the server starts\n"],
    ] as const) {
      const { code, stdout, stderr } = await shell(home, `handclasp ${verb} | head -1`);
      assert.equal(code, 0, `${verb}: ${stderr}`);
      assert.equal(stderr, "", verb);
      assert.ok(stdout.startsWith(first), stdout);
    }
  });

  it("waits for a reader that is slow", async () => {
    using home = new Home();
    const { stdout, code } = await shell(home, "handclasp gateway --help | (sleep 1; wc -l)");
    assert.equal(code, 0);
    assert.ok(Number(stdout) > 40);
  });

  it("does its work though it cannot say so", async () => {
    using home = new Home();
    await using server = await startServe(home);
    assert.ok(await isGreeted(server.port));
    const { code } = await shell(home, "handclasp trust revoke ada > /dev/full 2> /dev/full");
    assert.equal(code, 1);
    assert.equal(await isGreeted(server.port), false);
  });
});

describe("A server", { timeout: FILE_PATIENCE_MS }, () => {
  it("goes on where its stdout cannot be written, warns once, and says how much was lost", async () => {
    using home = new Home();
    await using server = await startServer(
      home,
      ["serve", "--trace=jsonl"],
      "-S -f unlimited; exec > /dev/full",
    );
    for (const _ of [1, 2, 3]) assert.ok(await isGreeted(server.port));
    assert.equal(await server.stop(), 0);
    const warnings = server.log.filter(({ event }) => event === "warning");
    assert.match(String(warnings[0]?.["message"]), /^stdout cannot be written, .*ENOSPC/);
    assert.equal(warnings.length, 1);
    const lost = await server.logged(({ event }) => event === "lines-lost");
    assert.equal(lost["of"], "stdout");
    assert.ok(Number(lost["count"]) >= 30);
  });

  it("says which folder of certificates it cannot write to, and goes on", async () => {
    using home = new Home();
    const folder = home.path("pems");
    await using server = await startServe(home, ["--pem-dir", folder]);
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "no folder any more");
    assert.ok(await isGreeted(server.port));
    const { message } = await server.logged(({ event }) => event === "error");
    assert.ok(String(message).startsWith(`cannot keep the certificates in ${folder}: `));
    assert.ok(await isGreeted(server.port));
  });

  for (const verb of [
    ["serve", "--trace=jsonl", "--print-certificate"],
    ["gateway", "--first-use", "accept", "--log", "connections", "--print-certificate"],
  ]) {
    for (const end of ["reads nothing", "is gone"]) {
      it(`serves and ends though whoever reads it ${end}: ${verb[0]}`, async () => {
        using home = new Home();
        await using upstream = await openUpstream((socket) => socket.end("hello"));
        const port = await freePort();
        const to = verb[0] === "gateway" ? ["--to", `127.0.0.1:${upstream.port}`] : [];
        const child = spawnUnread(home, [...verb, ...to, "--listen", `127.0.0.1:${port}`]);
        const exit = once(child, "exit") as Promise<[number | null]>;
        if (end === "is gone") for (const out of [child.stdout, child.stderr]) out?.destroy();
        let served = 0;
        // Enough to fill a pipe.
        while (served < 100) {
          assert.equal(child.exitCode, null);
          if (await isGreeted(port)) served += 1;
          else await new Promise((resolve) => setTimeout(resolve, 50));
        }
        child.kill("SIGTERM");
        assert.equal((await exit)[0], 0);
      });
    }
  }
});
