import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync } from "node:fs";
import net, { type AddressInfo } from "node:net";
import { describe, it } from "node:test";
import { parseJoinToken } from "../../src/trust/naming/join-token.ts";
import { runHere } from "./support/run-here.ts";
import { Home, type RunningServer, runToEnd, MAIN, startServe } from "./support/serve.ts";
import { printed, printedJson } from "./support/trust.ts";
import { freePort } from "../support/free-port.ts";

interface Joined {
  readonly address: string;
  readonly knownAt: readonly string[];
  readonly peer: string;
  readonly identity: string;
  readonly keyId: string;
  readonly pin: string;
  readonly serverPin: string;
}

/** What `join` printed; it has to succeed. */
async function joined(home: Home, ...args: readonly string[]): Promise<Joined> {
  const { code, stdout, stderr } = await runHere(home, ["join", ...args, "--json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Joined;
}

async function tokenFor(home: Home, ...args: readonly string[]): Promise<string> {
  return (await printed(home, "token", "create", ...args)).trim();
}

async function greeting(home: Home, server: RunningServer, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runHere(home, ["connect", server.address, ...args], "it is me\n");
  return stdout === "" ? stderr : stdout;
}

describe("join", () => {
  it("makes the default identity, keeps it for its owner alone, and says what it did", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const done = await joined(laptop, await tokenFor(home, "laptop-anna"));
    const file = laptop.path("handclasp", "identities", "default.pem");
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const shown = await printedJson<Record<string, unknown>>(laptop, "identity", "show");
    assert.deepEqual(done, {
      address: server.address,
      knownAt: [server.address],
      peer: "laptop-anna",
      identity: "default",
      keyId: shown["keyId"],
      pin: shown["pin"],
      serverPin: server.pin,
    });
    assert.equal(shown["subject"], "CN=laptop-anna");
    assert.equal(await greeting(laptop, server, "--verify-server", "refuse"), "Hello, it is me");
  });

  it("takes the identity that there is, and leaves it as it is", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    await printed(laptop, "identity", "create", "--cn", "root");
    const before = await printed(laptop, "identity", "show", "--pem");
    const done = await joined(laptop, await tokenFor(home, "laptop-anna"));
    assert.equal(await printed(laptop, "identity", "show", "--pem"), before);
    const [key] = await printedJson(home, "trust", "list");
    assert.partialDeepStrictEqual(key, {
      peer: "laptop-anna",
      pin: done.pin,
      subject: "CN=root",
      source: "token",
    });
    assert.equal(await greeting(laptop, server), "Hello, it is me");
  });

  it("joins with the identity it is told, of the kind it is told, which connect then shows there", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const token = await tokenFor(home, "laptop-anna");
    const done = await joined(laptop, token, "--identity", "work", "--type", "ed25519");
    assert.equal(done.identity, "work");
    assert.ok(!existsSync(laptop.path("handclasp", "identities", "default.pem")));
    assert.equal(await greeting(laptop, server), "Hello, it is me");
    // It writes what it saw within a second, and before it ends.
    await server[Symbol.asyncDispose]();
    const [key] = await printedJson(home, "trust", "show", "laptop-anna");
    assert.partialDeepStrictEqual(key, { pin: done.pin, certificates: [{ keyType: "ed25519" }, {}] });
  });

  it("joins with a post-quantum key", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    await joined(laptop, await tokenFor(home, "laptop-anna"), "--type", "ml-dsa-65");
    assert.equal(await greeting(laptop, server), "Hello, it is me");
  });

  it("reads the token from stdin, where no list of processes shows it", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const token = await tokenFor(home, "laptop-anna");
    const { code, stdout, stderr } = await laptop.run(
      ["join", "-"],
      `  ${token.slice(0, 80)}\n${token.slice(80)}\n`,
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^joined \S+ as laptop-anna, with the key \S+\n$/);
    assert.equal(await greeting(laptop, server), "Hello, it is me");
  });

  it(
    "is not in the list of processes while it waits for the server",
    { skip: process.platform !== "linux" },
    async () => {
      using home = new Home();
      using laptop = new Home();
      const silent = net.createServer().listen(0, "127.0.0.1");
      await once(silent, "listening");
      const { port } = silent.address() as AddressInfo;
      const pin = `sha256:${Buffer.alloc(32, 7).toString("base64")}`;
      const token = await tokenFor(home, "anna", "--server", `127.0.0.1:${port}`, "--server-pin", pin);
      const child = spawn(process.execPath, [MAIN, "join", token], { env: laptop.environment });
      try {
        await once(silent, "connection");
        const shown = readFileSync(`/proc/${child.pid}/cmdline`, "utf8");
        assert.match(shown, /^handclasp join/);
        assert.ok(!shown.includes(token.slice(8)));
      } finally {
        child.kill("SIGKILL");
        silent.close();
      }
    },
  );

  it("refuses what is no token, makes nothing of it, and does not print it", async () => {
    using home = new Home();
    const secret = "hc1.c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
    for (const [args, input] of [
      [[secret], ""],
      [["-"], secret],
      [["-"], ""],
    ] as const) {
      const { code, stdout, stderr } = await home.run(["join", ...args], input);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.match(stderr, /^error: this is no join token.*\[ERR_HANDCLASP_TOKEN\]\nhint: copy it again/);
      assert.ok(!stderr.includes("c2VjcmV0"));
    }
    assert.ok(!existsSync(home.path("handclasp")));
    assert.equal((await runHere(home, ["join"])).code, 2);
  });

  it("succeeds again with the same identity, and at once where the server is reached another way", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const dead = `127.0.0.1:${await freePort()}`;
    const token = await tokenFor(home, "anna", "--server", dead, "--server", server.address);
    const [first, second] = [await joined(laptop, token), await joined(laptop, token)];
    assert.deepEqual(first, second);
    assert.equal(first.address, server.address);
    assert.match(
      (await runHere(laptop, ["join", token])).stderr,
      /^this key joined there before: it keeps the name/,
    );
    const listed = await printedJson(laptop, "trust", "list", "--store", laptop.knownServers);
    assert.deepEqual(
      listed.map(({ pin, state }) => [pin, state]),
      [[server.pin, "trusted"]],
    );
  });

  it("changes nothing about a server that was known at one of the token's addresses, and names the others", async () => {
    using good = new Home();
    using other = new Home();
    using laptop = new Home();
    await using server = await startServe(good, ["--first-use", "refuse"]);
    await using elsewhere = await startServe(other, ["--first-use", "refuse"]);
    await joined(laptop, await tokenFor(good, "anna"));
    const addresses = ["--server", elsewhere.address, "--server", server.address, "--server", "gw.example:1"];
    const token = await tokenFor(other, "eve", ...addresses);
    const done = await joined(laptop, token, "--identity", "eve");
    assert.deepEqual(done.knownAt, [elsewhere.address, "gw.example:1"]);
    assert.equal(await greeting(laptop, server), "Hello, it is me");
    assert.equal(await greeting(laptop, elsewhere), "Hello, it is me");
    const { stdout } = await runHere(laptop, ["join", token, "--identity", "eve"]);
    assert.match(stdout, /^the same server, says the token: gw\.example:1$/m);
  });

  it("keeps the key when it is refused, and says what may be wrong", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "refuse"]);
    const token = await tokenFor(home, "anna", "--from", "192.0.2.0/24");
    const { code, stderr } = await runHere(laptop, ["join", token]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /access_denied \(alert 49\).*\nhint: the token may be used up, cancelled, expired or/,
    );
    assert.ok(existsSync(laptop.path("handclasp", "identities", "default.pem")));
    const { detail } = await server.logged(({ event }) => event === "refused");
    assert.equal(detail, "wrong-address");
  });

  it("goes away from a server that has another key than the token says, without showing itself", async () => {
    using home = new Home();
    using other = new Home();
    using laptop = new Home();
    await using server = await startServe(home);
    await using impostor = await startServe(other);
    const token = await tokenFor(home, "anna", "--server", impostor.address);
    const { code, stderr } = await runHere(laptop, ["join", token]);
    assert.equal(code, 1);
    assert.match(stderr, /is not the server of this join token/);
    assert.ok(stderr.includes(server.pin) && stderr.includes(impostor.pin));
    await impostor.stop();
    const seen = impostor.log.filter(({ event }) => event === "met" || event === "refused");
    assert.deepEqual(seen, []);
  });

  it("asks nothing, on a terminal neither", async () => {
    using home = new Home();
    using laptop = new Home();
    await using server = await startServe(home, ["--first-use", "ask"]);
    const token = await tokenFor(home, "anna", "--server", server.address);
    const { servers } = parseJoinToken(token);
    const line = [process.execPath, MAIN, "join", token].map((word) => `'${word}'`).join(" ");
    const { code, stdout } = await runToEnd("script", ["-qec", line, "/dev/null"], {
      environment: laptop.environment,
    });
    assert.equal(code, 0, stdout);
    assert.ok(stdout.includes(`joined ${servers[0]} as anna`));
  });
});
