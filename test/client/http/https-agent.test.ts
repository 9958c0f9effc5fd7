import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { SecureVersion } from "node:tls";
import { WebSocket } from "ws";
import { httpsAgent } from "../../../src/client/http/https-agent.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { asIdentity, identity, listening } from "../support/listening.ts";
import { getJson, openVisitor, openWeb } from "../support/web-scene.ts";
import { keysIn } from "../../support/listed.ts";

function refusedFor(reason: string): (error: unknown) => boolean {
  return (error) => isHandclaspError(error, "ERR_HANDCLASP_REFUSED") && error.details["reason"] === reason;
}

function refusedWith(alert: string): (error: unknown) => boolean {
  return (error) => isHandclaspError(error, "ERR_HANDCLASP_REFUSED") && error.details["alert"] === alert;
}

function isConnectError(error: unknown): boolean {
  return isHandclaspError(error, "ERR_HANDCLASP_CONNECT");
}

describe("httpsAgent", () => {
  it("shows the identity, remembers the server, and sends the next request over the same connection", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const agent = httpsAgent(visitor.options);
    const first = await getJson(agent, web.url);
    assert.equal(first.peer, "ada");
    assert.equal(visitor.store.key(web.own.facts.pin)?.peer, web.address);
    assert.equal((await getJson(agent, web.url)).connection, first.connection);
    agent.destroy();
  });

  it("refuses a changed key, shows both, and sends nothing", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const { facts } = await identity("localhost");
    await visitor.knownServers.remember(web.address, facts);
    await assert.rejects(getJson(httpsAgent(visitor.options), web.url), (error) => {
      assert.ok(refusedFor("key-changed")(error));
      for (const pin of [facts.pin, web.own.facts.pin]) assert.ok(String(error).includes(toKeyId(pin)));
      return true;
    });
    assert.deepEqual(web.asked, []);
    assert.equal((await keysIn(web.trust.store)).length, 0, "our certificate was not shown");
  });

  it("refuses a server never met under refuse, and asks under ask", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const { options } = visitor;
    const refusing = httpsAgent({ ...options, verifyServer: "refuse" });
    await assert.rejects(getJson(refusing, web.url), refusedFor("unknown"));
    const asked: string[] = [];
    const ask = async ({ address }: { readonly address: string }): Promise<boolean> => {
      asked.push(address);
      return true;
    };
    const asking = httpsAgent({ ...options, verifyServer: "ask", ask });
    assert.equal((await getJson(asking, web.url)).peer, "ada");
    assert.deepEqual(asked, [web.address]);
    asking.destroy();
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] satisfies SecureVersion[]) {
    it(`names the alert of a server that refuses us, in ${maxVersion}`, async () => {
      await using web = await openWeb({ kind: "https", policy: { firstUse: "refuse" } });
      await using visitor = await openVisitor("ada", { maxVersion });
      await assert.rejects(getJson(httpsAgent(visitor.options), web.url), refusedWith("unknown_ca"));
    });
  }

  it("uses no idle connection of a server whose key was revoked meanwhile", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const agent = httpsAgent(visitor.options);
    await getJson(agent, web.url);
    await visitor.operator.revoke(web.address);
    await assert.rejects(getJson(agent, web.url), refusedFor("revoked"));
    assert.equal(web.asked.length, 1);
    assert.deepEqual(Object.keys(agent.freeSockets), []);
  });

  it("ends a request under way when another finds the server's key revoked", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const agent = httpsAgent(visitor.options);
    web.server.removeAllListeners("request");
    const asked = once(web.server, "request");
    const waiting = getJson(agent, web.url);
    const ended = assert.rejects(waiting, (error) => isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
    await asked;
    await visitor.operator.revoke(web.address);
    await assert.rejects(getJson(agent, web.url), refusedFor("revoked"));
    await ended;
  });

  it("opens no more connections than it may, though many requests come at once", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    for (const pool of [{ maxSockets: 1 }, { maxTotalSockets: 1 }]) {
      const agent = httpsAgent(visitor.options, pool);
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => getJson(agent, web.url)));
      assert.equal(new Set(answers.map(({ connection }) => connection)).size, 1);
      agent.destroy();
    }
  });

  it("keeps nobody waiting behind a server that cannot be reached", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const dead = createTcpServer((socket) => socket.destroy());
    const port = await listening(dead);
    const agent = httpsAgent(visitor.options, { maxTotalSockets: 1 });
    const failing = [1, 2].map(() =>
      assert.rejects(getJson(agent, `https://127.0.0.1:${port}/`), isConnectError),
    );
    const answers = [1, 2].map(() => getJson(agent, web.url));
    await Promise.all(failing);
    for (const { peer } of await Promise.all(answers)) assert.equal(peer, "ada");
    agent.destroy();
    dead.close();
  });

  it("has a pool of its own for each identity, and takes none from a request", async () => {
    await using web = await openWeb({ kind: "https" });
    await using ada = await openVisitor("ada");
    await using bob = await openVisitor("bob");
    const agents = [httpsAgent(ada.options), httpsAgent(bob.options)] as const;
    for (const _ of [1, 2]) {
      assert.equal((await getJson(agents[0], web.url)).peer, "ada");
      assert.equal((await getJson(agents[1], web.url)).peer, "bob");
    }
    const eve = asIdentity(await identity("eve"));
    const ownKey = getJson(agents[0], web.url, { key: eve.key, cert: eve.certificate });
    await assert.rejects(ownKey, (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION"));
    for (const agent of agents) agent.destroy();
  });

  it("resumes sessions while the server's key is trusted, and not when that was in doubt", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const agent = httpsAgent(visitor.options, { keepAlive: false });
    const resumed = async (): Promise<boolean> => (await getJson(agent, web.url)).resumed;
    assert.deepEqual([await resumed(), await resumed()], [false, true]);
    await visitor.operator.revoke(web.address);
    await assert.rejects(getJson(agent, web.url), refusedFor("revoked"));
    await visitor.operator.approve(web.own.facts.pin);
    assert.deepEqual([await resumed(), await resumed()], [false, true]);
    await visitor.operator.revoke(web.address);
    await visitor.operator.approve(web.own.facts.pin);
    assert.deepEqual([await resumed(), await resumed()], [false, true], "nobody looked in between");
  });

  it("gives up on a server that does not answer, when it takes too long and when it is destroyed", async () => {
    const open = new Set<Socket>();
    const silent = createTcpServer((socket) => void open.add(socket.on("error", () => undefined).resume()));
    const url = `https://127.0.0.1:${await listening(silent)}/`;
    await using visitor = await openVisitor("ada");
    await assert.rejects(getJson(httpsAgent({ ...visitor.options, timeoutMs: 100 }), url), isConnectError);
    const agent = httpsAgent(visitor.options);
    const connected = once(silent, "connection");
    const ended = assert.rejects(getJson(agent, url), isConnectError);
    await connected;
    agent.destroy();
    await ended;
    for (const socket of open) socket.destroy();
    silent.close();
  });

  it("keeps to the timeout of a request", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    web.server.removeAllListeners("request");
    const agent = httpsAgent(visitor.options);
    await assert.rejects(getJson(agent, web.url, { timeout: 300 }), /timed out/);
    agent.destroy();
  });

  it("sends another server name when it is told to, and knows the server by its address", async () => {
    const names: string[] = [];
    await using web = await openWeb({
      kind: "https",
      prepare: () => undefined,
      server: {
        SNICallback: (name, done) => {
          names.push(name);
          done(null);
        },
      },
    });
    await using visitor = await openVisitor("ada");
    await getJson(httpsAgent({ ...visitor.options, servername: "gw.example" }), web.url);
    await getJson(httpsAgent(visitor.options), web.url, { servername: "other.example" });
    assert.deepEqual(names, ["gw.example", "other.example"]);
    assert.deepEqual(
      (await keysIn(visitor.store)).map(({ peer }) => peer),
      [web.address],
    );
  });

  it("goes through a Unix socket, and over IPv6", async (test) => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const agent = httpsAgent(visitor.options);
    const socketPath = join(temporaryFolder(), "web.sock");
    const unix = createTcpServer((socket) => void web.server.emit("connection", socket));
    await new Promise<void>((resolve) => unix.listen(socketPath, resolve));
    assert.equal((await getJson(agent, "https://gw.example:8443/", { socketPath })).peer, "ada");
    assert.equal(visitor.store.key(web.own.facts.pin)?.peer, "gw.example:8443");
    const six = createTcpServer((socket) => void web.server.emit("connection", socket));
    const bound = new Promise<boolean>((resolve) => {
      six.on("error", () => resolve(false));
      six.listen(0, "::1", () => resolve(true));
    });
    if (await bound) {
      const { port } = six.address() as { readonly port: number };
      assert.equal((await getJson(agent, `https://[::1]:${port}/`)).peer, "ada");
      assert.equal(visitor.knownServers.pinsOf(`[::1]:${port}`)[0], web.own.facts.pin);
    } else test.diagnostic("no IPv6 here");
    agent.destroy();
    unix.close();
    six.close();
  });

  it("serves `ws`", async () => {
    await using web = await openWeb({ kind: "https" });
    await using visitor = await openVisitor("ada");
    const webSocket = new WebSocket(`wss://${web.address}/`, { agent: httpsAgent(visitor.options) });
    const [message] = (await once(webSocket, "message")) as [Buffer];
    assert.equal((JSON.parse(message.toString()) as { readonly peer: string }).peer, "ada");
    webSocket.terminate();
    await visitor.operator.revoke(web.address);
    const refused = new WebSocket(`wss://${web.address}/`, { agent: httpsAgent(visitor.options) });
    const [error] = (await once(refused, "error")) as [Error];
    assert.ok(refusedFor("revoked")(error));
  });
});
