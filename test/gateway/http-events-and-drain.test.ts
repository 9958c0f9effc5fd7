import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { closed } from "../guard/support/closed.ts";
import { connectRaw, exchangeRaw, finish, openHttpScene, openSession } from "./support/http-scene.ts";
import { FLAG, FRAME, frame, openFrames } from "./support/http2-frames.ts";
import { openHttpUpstream } from "./support/http-upstream.ts";
import { beforeItRunsOut } from "../support/before-it-runs-out.ts";
import { freePort } from "../support/free-port.ts";

const UPGRADE = "GET /up HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";

describe("what mode http tells of", () => {
  it("is every request with its status, refused ones too, and who it was from", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.writeHead(204).end());
    const paths = [{ path: "/admin", allow: [] }];
    await using scene = await openHttpScene({ to: upstream.port, config: { paths } });
    await using session = openSession(scene.port);
    for (const path of ["/ok", "/admin", "/a%00b"]) await finish(session.request({ ":path": path }));
    await exchangeRaw(scene.port, UPGRADE.replace("/up", "/admin"));
    while (scene.events.length < 4) await new Promise(setImmediate);
    assert.deepEqual(
      scene.events.map((event) =>
        event.type === "exchanged" ? [event.target, event.status, event.peer] : event.type,
      ),
      [
        ["/ok", 204, "anna"],
        ["/admin", 403, "anna"],
        ["/a%00b", 400, "anna"],
        ["/admin", 403, "anna"],
      ],
    );
  });

  it("is an upstream that failed, for upgrades too", async () => {
    await using scene = await openHttpScene({ to: await freePort() });
    assert.match(await exchangeRaw(scene.port, UPGRADE), / 502 /);
    while (scene.events.length < 2) await new Promise(setImmediate);
    assert.deepEqual(
      scene.events.map((event) => (event.type === "upstream-failed" ? event.failure : event.type)),
      ["unreachable", "exchanged"],
    );
  });

  it("is no status for a client that left before there was one, and no failure of the upstream", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(upstream.server, "request");
    const [connection] = upstream.connections;
    assert.ok(connection);
    const gone = closed(connection);
    socket.destroy();
    await gone;
    while (scene.events.length === 0) await new Promise(setImmediate);
    assert.deepEqual(
      scene.events.map((event) => (event.type === "exchanged" ? event.status : event.type)),
      [undefined],
    );
  });
});

describe("an upgraded connection", () => {
  it("ends when nothing passes for longer than it may be idle", async () => {
    await using upstream = await openHttpUpstream(
      (_request, response) => response.end(),
      (server) =>
        server.on("upgrade", (_request, socket) => {
          socket.write("HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
        }),
    );
    await using done = await beforeItRunsOut(300, async (attempt) => {
      const config = { idleTimeoutMs: attempt.forMs };
      const scene = attempt.use(await openHttpScene({ to: upstream.port, config }));
      const began = performance.now();
      const answer = await exchangeRaw(scene.port, UPGRADE);
      // The upstream was too late.
      if (answer.startsWith("HTTP/1.1 504 ")) attempt.runsOutAt(Date.now());
      return { answer, tookMs: performance.now() - began };
    });
    assert.match(done.answer, /^HTTP\/1\.1 101 /);
    assert.ok(done.tookMs >= 250);
  });
});

describe("draining", () => {
  it("lets what runs end, closes what stays idle, and tells HTTP/1.1 clients by Connection: close", async () => {
    const answers: (() => void)[] = [];
    await using upstream = await openHttpUpstream((request, response) => {
      if (request.url === "/idle") response.end();
      else answers.push(() => response.end("late"));
    });
    await using scene = await openHttpScene({ to: upstream.port });
    const idle = await connectRaw(scene.port);
    idle.write("GET /idle HTTP/1.1\r\nHost: a\r\n\r\n");
    await once(idle, "data");
    const busy = await connectRaw(scene.port);
    let received = "";
    busy.setEncoding("latin1").on("data", (text: string) => (received += text));
    busy.write("GET /busy HTTP/1.1\r\nHost: a\r\n\r\n");
    await using session = openSession(scene.port);
    const stream = session.request({ ":path": "/busy" });
    const outcome = finish(stream);
    while (answers.length < 2) await once(upstream.server, "request");
    const idleOver = closed(idle);
    const busyOver = closed(busy);
    const sessionOver = closed(session);
    scene.proxy.drain();
    await idleOver;
    for (const answer of answers) answer();
    await busyOver;
    assert.match(received, /connection: close\r\n.*late/is);
    assert.equal((await outcome).body, "late");
    await sessionOver;
  });

  it("outlives a session that ends just then, whose connection is not closed yet", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end());
    await using scene = await openHttpScene({ to: upstream.port });
    await using leaving = await openFrames(scene.port);
    leaving.write(frame(FRAME.settings, FLAG.ack, 0));
    await leaving.waitFor(({ type }) => type === FRAME.settings);
    // It never sees the end of the connection, and so does not end it either.
    leaving.socket.pause();
    scene.proxy.drain();
    leaving.write(frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
    // Longer than the client would have to begin something new.
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.match(await exchangeRaw(scene.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 200 /);
  });
});
