import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { describe, it } from "node:test";
import { runHere } from "../cli/support/run-here.ts";
import { Home, type RunningServer, type RunResult, startServer } from "../cli/support/serve.ts";
import { printed, printedJson } from "../cli/support/trust.ts";
import { listening } from "../client/support/listening.ts";
import { openUpstream } from "../gateway/support/upstream.ts";
import { until } from "../proxies/support/until.ts";
import { startForward } from "./support/gateway.ts";
import { freePort } from "../support/free-port.ts";

interface ListedToken {
  readonly peer: string;
  readonly state: string;
}

const REFUSED = /error: refused by the server: access_denied \(alert 49\) \[ERR_HANDCLASP_REFUSED\]/;

async function tokenFor(home: Home, ...args: readonly string[]): Promise<string> {
  return (await printed(home, "token", "create", ...args)).trim();
}

function assertJoined({ code, stdout, stderr }: RunResult, as: string): void {
  assert.equal(code, 0, stderr);
  assert.match(stdout, new RegExp(`^joined \\S+ as ${as}, with the key \\S+\n`));
}

async function stateOf(home: Home, peer: string): Promise<string | undefined> {
  return (await printedJson<ListedToken[]>(home, "token", "list")).find((token) => token.peer === peer)
    ?.state;
}

/** A gateway that lets in nobody whom it does not know. */
function closedGateway(home: Home, to: string, ...args: readonly string[]): Promise<RunningServer> {
  return startServer(home, ["gateway", "--to", to, "--first-use", "refuse", ...args]);
}

/** An application behind a gateway in mode http. */
async function application(answer: RequestListener): Promise<{ port: number; close: () => void }> {
  const server = createHttpServer(answer);
  const port = await listening(server);
  return { port, close: () => void server.close() };
}

describe("joining through a gateway whose list is a group", () => {
  it("lets in who is invited into that group, which nobody was in, and leaves other tokens unused", async () => {
    using home = new Home();
    using laptop = new Home();
    using other = new Home();
    await using upstream = await openUpstream();
    await using gateway = await closedGateway(home, `127.0.0.1:${upstream.port}`, "--allow", "group:dba");
    const [good, plain] = [await tokenFor(home, "anna", "--group", "DBA"), await tokenFor(home, "ben")];
    const refused = await runHere(other, ["join", plain]);
    assert.match(refused.stderr, REFUSED);
    assert.match(refused.stderr, /those who may use this listener are in a list that it does not lead into/);
    assert.equal(await stateOf(home, "ben"), "open");
    await gateway.logged(({ event, reason }) => event === "refused" && reason === "not-allowed");
    // Written down within a second.
    await until(async () => (await printedJson<unknown[]>(home, "refusals")).length > 0, "a refusal");
    const explained = await printed(home, "explain", "ben");
    assert.match(explained, /leads neither by its\s+name nor by its groups/);
    assert.match(explained, /handclasp token create NAME --group GROUP/);

    assertJoined(await runHere(laptop, ["join", good]), "anna");
    const groups = await printedJson<{ group: string; peer: string }[]>(home, "group", "list");
    assert.partialDeepStrictEqual(groups, [{ group: "DBA", peer: "anna" }]);
    const connected = await runHere(
      laptop,
      ["connect", gateway.address, "--verify-server", "refuse"],
      "hello",
    );
    assert.deepEqual([connected.code, connected.stdout], [0, "hello"]);
    await printed(home, "group", "add", "dba", "anna");
    assert.equal((await printedJson<unknown[]>(home, "group", "list")).length, 1);
  });

  it("lets in by the address of a listener that takes who is invited, whatever the others say", async () => {
    using home = new Home();
    using laptop = new Home();
    await using upstream = await openUpstream();
    const [web, database] = [await freePort(), await freePort()];
    const file = home.path("gateway.toml");
    const listener = (name: string, port: number, group: string): string =>
      `[[listener]]\nname = "${name}"\nlisten = "127.0.0.1:${port}"\nto = "127.0.0.1:${upstream.port}"\n` +
      `first_use = "refuse"\nallow = ["group:${group}"]\n`;
    writeFileSync(file, listener("web", web, "web") + listener("database", database, "dba"));
    await using _gateway = await startServer(home, ["gateway", "--config", file]);
    const addresses = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${web}`, `127.0.0.1:${database}`];
    const servers = addresses.flatMap((address) => ["--server", address]);
    const token = await tokenFor(home, "anna", "--group", "dba", ...servers);
    const joined = await runHere(laptop, ["join", token, "--json"]);
    assert.equal(joined.code, 0, joined.stderr);
    assert.partialDeepStrictEqual(JSON.parse(joined.stdout), { address: addresses[2], knownAt: addresses });
    const stranger = await tokenFor(home, "ben", "--group", "other", ...servers);
    using visitor = new Home();
    const refused = await runHere(visitor, ["join", stranger]);
    assert.match(refused.stderr, REFUSED);
    assert.match(refused.stderr, /elsewhere: .*access_denied.*ECONNREFUSED/s);
    assert.equal(await stateOf(home, "ben"), "open");
  });
});

describe("joining through a gateway of HTTP", () => {
  it("goes by the handshake, whatever the application answers, and when it is away", async () => {
    for (const status of [403]) {
      using home = new Home();
      using laptop = new Home();
      using thief = new Home();
      const app = await application((_request, response) => response.writeHead(status).end());
      try {
        await using _gateway = await closedGateway(home, `http://127.0.0.1:${app.port}`, "--mode", "http");
        const token = await tokenFor(home, "anna");
        assertJoined(await runHere(laptop, ["join", token]), "anna");
        assert.match((await runHere(thief, ["join", token])).stderr, REFUSED);
      } finally {
        app.close();
      }
    }
    using home = new Home();
    using laptop = new Home();
    await using _gateway = await closedGateway(
      home,
      `http://127.0.0.1:${await freePort()}`,
      "--mode=http",
      "--connect-retry=1s",
    );
    assertJoined(await runHere(laptop, ["join", await tokenFor(home, "anna")]), "anna");
  });
});

describe("joining where TLS is asked for first", () => {
  it("begins as the token says, and connect and forward begin so from then on", async () => {
    using home = new Home();
    using laptop = new Home();
    await using upstream = await openUpstream();
    await using gateway = await closedGateway(home, `127.0.0.1:${upstream.port}`, "--starttls", "postgres");
    const created = await printedJson<{ token: string; servers: string[] }>(home, "token", "create", "anna");
    assert.deepEqual(created.servers, [`postgres://${gateway.address}`]);
    assert.match(created.token, /^hc2\./);
    const joined = await runHere(laptop, ["join", created.token, "--json"]);
    assert.equal(joined.code, 0, joined.stderr);
    assert.partialDeepStrictEqual(JSON.parse(joined.stdout), {
      address: gateway.address,
      knownAt: [gateway.address],
    });
    const connected = await runHere(
      laptop,
      ["connect", gateway.address, "--verify-server", "refuse"],
      "hello",
    );
    assert.deepEqual([connected.code, connected.stdout], [0, "hello"], connected.stderr);
    await using _forward = await startForward(laptop, gateway);
    using thief = new Home();
    assert.match((await runHere(thief, ["join", created.token])).stderr, REFUSED);
  });

  it("offers no HTTP to a listener that speaks something else", async () => {
    using home = new Home();
    using laptop = new Home();
    await using upstream = await openUpstream();
    await using _gateway = await closedGateway(home, `127.0.0.1:${upstream.port}`, "--alpn", "postgresql");
    assertJoined(await runHere(laptop, ["join", await tokenFor(home, "anna")]), "anna");
  });
});
