import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { cannotCapture, LoopbackCapture } from "../capture/support/programs.ts";
import { identity } from "../guard/support/identities.ts";
import { openClient, openUpstream, received } from "../gateway/support/upstream.ts";
import { startTls } from "../../src/client/starttls/starttls.ts";
import { runHere } from "./support/run-here.ts";
import { Home, type RunningServer, startServer, until } from "./support/serve.ts";
import { PATIENCE_MS } from "../support/patience.ts";

const ada = await identity("ada");

function start(home: Home, to: number, ...args: readonly string[]): Promise<RunningServer> {
  return startServer(home, ["gateway", "--to", `127.0.0.1:${to}`, "--first-use", "accept", ...args]);
}

async function ask({ host, port }: RunningServer, protocol: "smtp" | "ldap"): Promise<string> {
  const socket = connect(port, host);
  await startTls(socket, { protocol, server: { host, port }, timeoutMs: PATIENCE_MS });
  const client = await openClient(port, ada, { socket });
  const answer = received(client);
  client.end("hello");
  return String(await answer);
}

describe("gateway --starttls", () => {
  it("traces handshakes, which begin behind what is said in the clear", async () => {
    using home = new Home();
    await using upstream = await openUpstream();
    await using gateway = await start(home, upstream.port, "--starttls", "ldap", "--trace=listing");
    assert.equal(await ask(gateway, "ldap"), "hello");
    await until(() => /_TLSMessageType\.CLIENT_HELLO/.test(gateway.stdout));
    await until(() => /_TLSMessageType\.FINISHED/.test(gateway.stdout));
    assert.doesNotMatch(gateway.stdout, /problem/);
  });

  it("is read from captures as what it is", { skip: cannotCapture("tcpdump") }, async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => void socket.end("220 mail.example\r\n221 bye\r\n"));
    for (const [protocol, before] of [
      ["smtp", "SMTP STARTTLS"],
      ["ldap", "LDAP StartTLS"],
    ] as const) {
      await using gateway = await start(home, upstream.port, "--starttls", protocol);
      const file = home.path(`${protocol}.pcap`);
      const capture = await LoopbackCapture.begin("tcpdump", file, gateway.port, ["--immediate-mode"]);
      await ask(gateway, protocol);
      // Both flights.
      await until(() => statSync(file).size > 3000);
      await capture.end();
      const { stdout, stderr } = await runHere(home, [
        "trace",
        "read",
        "--explain",
        "--format",
        "text",
        file,
      ]);
      assert.match(stdout, /ClientHello/, stderr);
      assert.ok(`${stdout}${stderr}`.includes(`Before TLS came ${before}`), stdout + stderr);
    }
  });

  it("is connected to by connect --starttls, which says so when that is missing", async () => {
    using home = new Home();
    await using upstream = await openUpstream((socket) => void socket.end("220 mail.example\r\n221 bye\r\n"));
    await using gateway = await start(home, upstream.port, "--starttls", "smtp", "--workers", "2");
    assert.equal(gateway.ready["starttls"], "smtp");
    const told = await runHere(home, ["connect", gateway.address, "--starttls", "smtp"]);
    assert.equal(told.code, 0, told.stderr);
    assert.equal(told.stdout, "221 bye\r\n");
    const without = await runHere(home, ["connect", gateway.address]);
    assert.equal(without.code, 1);
    assert.match(without.stderr, /the server does not begin with TLS/);
    assert.match(without.stderr, /--starttls PROTOCOL/);
    const { message } = await gateway.logged(({ event }) => event === "handshake-failed");
    assert.equal(message, "SMTP STARTTLS: the client began TLS without asking for it");
    const explained = await runHere(home, [
      "trace",
      "connect",
      gateway.address,
      "--explain",
      "--no-remember",
    ]);
    assert.match(explained.stderr + explained.stdout, /The server speaks SMTP/);
  });

  it("is of mode tcp alone", async () => {
    using home = new Home();
    const args = ["--mode", "http", "--to", "http://127.0.0.1:1", "--starttls", "smtp"];
    const { code, stderr } = await runHere(home, ["gateway", ...args]);
    assert.equal(code, 2);
    assert.match(stderr, /--starttls.*mode tcp/);
  });
});
