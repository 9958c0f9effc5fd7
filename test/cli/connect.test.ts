import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { describe, it } from "node:test";
import { openStore } from "../../src/store/open-store.ts";
import { Operator } from "../../src/operator/operator.ts";
import { runHere } from "./support/run-here.ts";
import { Home, MAIN, runToEnd, startServe } from "./support/serve.ts";

const HAS_IPV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === "::1"),
);

/** Types a line whenever the program has asked and then waits, the last one again: it may not have listened yet. */
const TERMINAL = `
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
lines, seen = sys.argv[1].split("|"), b""
while True:
    ready, _, _ = select.select([terminal], [], [], 1.0)
    if ready:
        try:
            part = os.read(terminal, 4096)
        except OSError:
            break
        if not part:
            break
        seen += part
    elif b"[y/N]" in seen:
        line = lines.pop(0) if len(lines) > 1 else lines[0]
        os.write(terminal, line.encode().decode("unicode_escape").encode())
sys.stdout.buffer.write(seen)
`;
import { freePort } from "../support/free-port.ts";
import { keysIn } from "../support/listed.ts";

async function onTerminal(home: Home, args: readonly string[], lines: readonly string[]): Promise<string> {
  const typed = lines.map((line) => line.replaceAll("\n", "\\n")).join("|");
  const program = [process.execPath, MAIN, ...args];
  const { stdout } = await runToEnd("python3", ["-c", TERMINAL, typed, ...program], {
    environment: home.environment,
  });
  return stdout;
}

describe("connect", () => {
  it("makes an identity, sends stdin, prints the answer and remembers the server", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const first = await home.run(["connect", server.address], "World\n");
    assert.equal(first.stdout, "Hello, World");
    assert.equal(first.code, 0);
    const identities = home.path("handclasp", "identities");
    assert.deepEqual(readdirSync(identities), ["default.pem"]);
    assert.equal(statSync(identities).mode & 0o777, 0o700);
    const again = await runHere(home, ["connect", server.address, "--verify-server", "refuse"], "again\n");
    assert.equal(again.stdout, "Hello, again");
    await using known = openStore(home.knownServers);
    assert.equal((await keysIn(known))[0]?.peer, server.address);
  });

  it("never lets a known server in as a client", async () => {
    using home = new Home();
    await using server = await startServe(home);
    await runHere(home, ["connect", server.address], "me\n");
    await using store = openStore(home.store);
    assert.ok((await keysIn(store)).every(({ pin }) => pin !== server.pin));
  });

  for (const version of ["1.3", "1.2"]) {
    it(`exits 1 with the alert's name when it is refused, in TLS ${version}`, async () => {
      using home = new Home();
      await using server = await startServe(home);
      const args = ["connect", server.address, "--max-tls", version];
      assert.equal((await runHere(home, args, "me\n")).stdout, "Hello, me");
      await using store = openStore(home.store);
      const [key] = await keysIn(store);
      assert.ok(key);
      await new Operator(store, { user: null, process: "test", now: Date.now }).revoke(key.pin);
      for (const input of ["", "me\n", "x".repeat(300_000)]) {
        const refused = await runHere(home, args, input);
        assert.equal(refused.code, 1);
        assert.equal(refused.stdout, "");
        assert.match(refused.stderr, /^error: refused by the server: certificate_revoked \(alert 44\)/m);
        assert.match(refused.stderr, /^hint: /m);
      }
    });
  }

  it("shows the identity it is told to", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const made = await runHere(home, ["identity", "create", "work", "--cn", "ada", "--json"]);
    const { pin } = JSON.parse(made.stdout) as { pin: string };
    assert.equal(
      (await runHere(home, ["connect", server.address, "--identity", "work"], "me\n")).stdout,
      "Hello, me",
    );
    assert.equal((await server.logged(({ event }) => event === "met"))["pin"], pin);
  });

  it("works with every type of identity", async () => {
    using home = new Home();
    await using server = await startServe(home);
    for (const type of ["p256", "ed25519", "rsa", "ml-dsa-65"]) {
      await runHere(home, ["identity", "create", type, "--type", type, "--cn", type]);
      const { stdout, stderr } = await runHere(
        home,
        ["connect", server.address, "--identity", type],
        `${type}\n`,
      );
      assert.equal(stdout, `Hello, ${type}`, stderr);
    }
  });

  it("exits 1 for an identity that there is not", async () => {
    using home = new Home();
    const { code, stderr } = await runHere(home, ["connect", "127.0.0.1:1", "--identity", "nobody"]);
    assert.equal(code, 1);
    assert.match(stderr, /hint: handclasp identity create nobody/);
  });

  it("refuses a server with another key, and names the command that accepts it", async () => {
    using home = new Home();
    const listen = ["--listen", `127.0.0.1:${await freePort()}`];
    const first = await startServe(home, listen);
    await runHere(home, ["connect", first.address], "me\n");
    await first.stop();
    await using impostor = await startServe(home, [...listen, "--store", home.path("elsewhere.db")]);
    const refused = await runHere(home, ["connect", first.address], "secret\n");
    assert.equal(refused.code, 1);
    for (const text of [first.pin, first.keyId, impostor.pin, impostor.keyId])
      assert.ok(refused.stderr.includes(text), refused.stderr);
    assert.ok(impostor.log.every(({ event }) => event !== "met"));
    const command = /handclasp (trust approve .*--replace)/.exec(refused.stderr)?.[1];
    assert.ok(command);
    assert.equal((await runHere(home, command.split(" "))).code, 0);
    assert.equal((await runHere(home, ["connect", first.address], "me\n")).stdout, "Hello, me");
  });

  for (const mode of ["ask", "refuse"]) {
    it(`refuses a server it never met under ${mode} without a terminal, and the command it names accepts it`, async () => {
      using home = new Home();
      await using server = await startServe(home);
      const args = ["connect", server.address, "--verify-server", mode];
      const refused = await runHere(home, args, "me\n");
      assert.equal(refused.code, 1);
      assert.ok(refused.stderr.includes(server.keyId));
      const command = /handclasp (trust approve .*)/.exec(refused.stderr)?.[1];
      assert.ok(command);
      assert.equal((await runHere(home, command.split(" "))).code, 0);
      assert.equal((await runHere(home, args, "me\n")).stdout, "Hello, me");
    });
  }

  it("asks on a terminal, and remembers a yes", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const answered = await onTerminal(
      home,
      ["connect", server.address, "--verify-server", "ask"],
      ["y\n", "me\n"],
    );
    assert.ok(answered.includes(server.keyId));
    assert.match(answered, /Hello, me/);
    assert.equal(
      (await runHere(home, ["connect", server.address, "--verify-server", "refuse"], "me\n")).code,
      0,
    );
  });

  it("takes anything but yes for a no", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const answered = await onTerminal(home, ["connect", server.address, "--verify-server", "ask"], ["\n"]);
    assert.match(answered, /error: .*is not a known server/);
    assert.ok(server.log.every(({ event }) => event !== "met"));
  });

  it("takes an IPv6 address in brackets", { skip: HAS_IPV6 ? false : "no IPv6 here" }, async () => {
    using home = new Home();
    await using server = await startServe(home, ["--listen", "[::1]:0"]);
    assert.equal((await runHere(home, ["connect", `[::1]:${server.port}`], "six\n")).stdout, "Hello, six");
    assert.equal(server.ready["address"], `[::1]:${server.port}`);
  });

  it("exits 1 when nobody answers, and 2 for what is no address", async () => {
    using home = new Home();
    assert.equal((await runHere(home, ["connect", `127.0.0.1:${await freePort()}`])).code, 1);
    assert.equal((await runHere(home, ["connect", "nowhere"])).code, 2);
    assert.equal((await runHere(home, ["connect"])).code, 2);
  });

  it("gives two that start at once one identity", async () => {
    using home = new Home();
    await using server = await startServe(home);
    const both = await Promise.all([1, 2].map(() => home.run(["connect", server.address], "me\n")));
    assert.deepEqual(
      both.map(({ stdout }) => stdout),
      ["Hello, me", "Hello, me"],
    );
    await using store = openStore(home.store);
    assert.equal((await keysIn(store)).length, 1);
  });
});
