import assert from "node:assert/strict";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { connectUpstream } from "../../../src/gateway/upstream/upstream.ts";
import { identity } from "../../guard/support/identities.ts";
import { closed } from "../../guard/support/closed.ts";
import { connectRaw, exchangeRaw, openHttpScene } from "../support/http-scene.ts";
import { configOf, listenerTo, openGateway } from "../support/scene.ts";
import { exchange, openClient } from "../support/upstream.ts";
import { openTcpUpstream } from "../support/http-upstream.ts";
import { standStill } from "../../support/stand-still.ts";
import { freePort } from "../../support/free-port.ts";
import { PATIENCE_MS } from "../../support/patience.ts";

const CLOSE = "Host: a\r\nConnection: close\r\n";
const REQUESTS = {
  "without a body": `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 0\r\n\r\n`,
  "with a small one": `POST / HTTP/1.1\r\n${CLOSE}Content-Length: 4\r\n\r\nbody`,
  "in chunks": `POST / HTTP/1.1\r\n${CLOSE}Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
};
const UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n";
const WEB_SOCKET = UPGRADE.replace("echo", "websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
const UPGRADE_WITH_BODY = `${UPGRADE.replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 4\r\n\r\n")}body`;
const UPGRADES = { "for an upgrade": UPGRADE, "for an upgrade, with a body": UPGRADE_WITH_BODY };
const RETRY = { connectRetryMs: PATIENCE_MS };

/** Lets a server listen while somebody already tries to reach it. */
async function late<Answer>(server: net.Server, port: number, asked: Promise<Answer>): Promise<Answer> {
  await pause(400);
  server.listen(port, "127.0.0.1");
  try {
    return await asked;
  } finally {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  }
}

describe("an upstream that comes back within the time for trying again", () => {
  it("gets the request over HTTP/1.1, whatever its body and method", async () => {
    for (const [what, request] of Object.entries(REQUESTS)) {
      const port = await freePort();
      await using scene = await openHttpScene({ to: port, config: RETRY });
      const server = http.createServer((incoming, response) => incoming.pipe(response));
      assert.match(await late(server, port, exchangeRaw(scene.port, request)), /^HTTP\/1\.1 200 /, what);
    }
  });

  it("gets the request over h2c", async () => {
    for (const [what, request] of Object.entries(REQUESTS)) {
      const port = await freePort();
      await using scene = await openHttpScene({ to: port, protocol: "h2c", config: RETRY });
      const server = http2.createServer((incoming, response) => void incoming.pipe(response));
      assert.match(await late(server, port, exchangeRaw(scene.port, request)), /^HTTP\/1\.1 200 /, what);
      scene.proxy.close();
    }
  });

  it("gets the upgrade", async () => {
    const port = await freePort();
    await using scene = await openHttpScene({ to: port, config: RETRY });
    const server = http.createServer().on("upgrade", (_request, socket) => {
      socket.end("HTTP/1.1 101 Sure\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello");
    });
    assert.match(await late(server, port, exchangeRaw(scene.port, UPGRADE)), /^HTTP\/1\.1 101 .*hello$/s);
  });

  it("gets the connection in mode tcp", async () => {
    const port = await freePort();
    await using scene = await openGateway(configOf([listenerTo(port, RETRY)]));
    const server = net.createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    const client = await openClient(scene.port, await identity("ada"));
    assert.equal(await late(server, port, exchange(client, "hello")), "hello");
  });
});

describe("an upstream that is there", () => {
  it("is connected to, though this process stood still for longer than that may take", async () => {
    await using upstream = await openTcpUpstream(() => undefined);
    // By name it takes two steps.
    for (const [host, ms] of [
      ["127.0.0.1", 50],
      ["localhost", 1000],
    ] as const) {
      const to = { kind: "tcp", address: { host, port: upstream.port } } as const;
      const limits = { connectTimeoutMs: ms, connectRetryMs: 0 };
      const connected = new Promise<net.Socket>((resolve, reject) => {
        connectUpstream(to, limits, (error, socket) =>
          socket === undefined ? reject(error ?? new Error("no socket")) : resolve(socket),
        );
      });
      standStill(2 * ms);
      (await connected).destroy();
    }
  });
});

describe("an upstream that does not come back in time", () => {
  it("is called unreachable once, when the time is over", async () => {
    const port = await freePort();
    for (const protocol of ["http", "h2c"] as const) {
      await using scene = await openHttpScene({ to: port, protocol, config: { connectRetryMs: 300 } });
      const began = performance.now();
      assert.match(await exchangeRaw(scene.port, REQUESTS["with a small one"]), /^HTTP\/1\.1 502 /);
      assert.ok(performance.now() - began >= 150);
      assert.equal(scene.events.filter(({ type }) => type === "upstream-failed").length, 1);
    }
  });

  it("is not tried any more once nobody waits for it", async () => {
    const port = await freePort();
    const to = { kind: "tcp", address: { host: "127.0.0.1", port } } as const;
    const giveUp = connectUpstream(to, { connectTimeoutMs: PATIENCE_MS, ...RETRY }, () =>
      assert.fail("told"),
    );
    await pause(200);
    giveUp();
    const server = net.createServer().listen(port, "127.0.0.1");
    let connections = 0;
    server.on("connection", () => (connections += 1));
    await pause(700);
    assert.equal(connections, 0);
    server.close();
  });

  it("is not tried any more for a client that ended its half and asks for another protocol: it is told so", async () => {
    const port = await freePort();
    for (const [protocol, request] of [
      ["http", UPGRADE],
      ["http", UPGRADE_WITH_BODY],
      ["h2c", WEB_SOCKET],
    ] as const) {
      const config = { connectRetryMs: 600_000 };
      await using scene = await openHttpScene({ to: port, protocol, config, guard: { allowHalfOpen: true } });
      const client = await connectRaw(scene.port);
      let answer = "";
      client.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
      client.end(request);
      await closed(client);
      assert.match(answer, /^HTTP\/1\.1 502 /);
    }
  });

  for (const [protocol, requests] of [
    ["http", { ...REQUESTS, ...UPGRADES }],
    ["h2c", { ...REQUESTS, "for a WebSocket": WEB_SOCKET }],
  ] as const) {
    it(`is not tried any more once the client of a request over ${protocol} has gone`, async () => {
      const port = await freePort();
      for (const [what, request] of Object.entries(requests)) {
        const options = { to: port, protocol, config: RETRY, guard: { allowHalfOpen: true } };
        await using scene = await openHttpScene(options);
        const client = await connectRaw(scene.port);
        client.write(request);
        await pause(200);
        client.destroy();
        while (!scene.events.some(({ type }) => type === "exchanged")) await pause(10);
        const server = net.createServer().listen(port, "127.0.0.1");
        let connections = 0;
        server.on("connection", () => (connections += 1));
        await pause(700);
        server.close();
        assert.equal(connections, 0, what);
      }
    });
  }
});
