import assert from "node:assert/strict";
import { once } from "node:events";
import type http from "node:http";
import { describe, it } from "node:test";
import { closed } from "../../guard/support/closed.ts";
import {
  connectRaw,
  exchangeRaw,
  finish,
  type HttpScene,
  openHttpScene,
  openSession,
} from "../support/http-scene.ts";
import { fieldBlock, FLAG, FRAME, frame, openFrames } from "../support/http2-frames.ts";
import { openHttpUpstream, type Upstream } from "../support/http-upstream.ts";
import { standStill } from "../../support/stand-still.ts";
import { LATEST_MS } from "../../../src/gateway/http/front/farewell.ts";
import { GRACE_MS } from "../../../src/gateway/http/front/turns.ts";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** As a gate does with connections that have reached their greatest age. */
function expireAll({ guard, proxy }: HttpScene): void {
  for (const connection of guard.connections) {
    if (!proxy.expire(connection)) guard.cut(connection, "too-old");
  }
}

async function asked({ server }: Upstream): Promise<http.ServerResponse> {
  const [, response] = (await once(server, "request")) as [unknown, http.ServerResponse];
  return response;
}

describe("a connection of HTTP/1.1 that is too old", () => {
  it("ends between two requests when none comes for a moment", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("one"));
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.write(get("/"));
    await once(socket, "data");
    const over = closed(socket);
    // The answer is at the client before all of its end is through here.
    while (scene.events.length === 0) await new Promise(setImmediate);
    expireAll(scene);
    await over;
  });

  for (const hasBegun of [false, true]) {
    it(`ends with the next answer that can say so, when one ${hasBegun ? "has begun" : "is due"}`, async () => {
      await using upstream = await openHttpUpstream(() => undefined);
      await using scene = await openHttpScene({ to: upstream.port });
      const socket = await connectRaw(scene.port);
      socket.setEncoding("latin1");
      let received = "";
      socket.on("data", (text: string) => (received += text));
      const first = asked(upstream);
      socket.write(get("/1") + get("/2"));
      const response = await first;
      if (hasBegun) {
        response.write("begun");
        while (!received.includes("begun")) await once(socket, "data");
      }
      const others: (string | undefined)[] = [];
      upstream.server.on("request", ({ url }: http.IncomingMessage, answer: http.ServerResponse) => {
        others.push(url);
        answer.end();
      });
      expireAll(scene);
      response.end("done");
      await closed(socket);
      assert.match(received, /done/);
      // A client that was promised more sent the second in good faith.
      assert.match(received, hasBegun ? /keep-alive.*done.*Connection: close/s : /Connection: close.*done/s);
      // What began before it would be there before it.
      await exchangeRaw(scene.port, "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assert.deepEqual(others, hasBegun ? ["/2", "/3"] : ["/3"]);
    });
  }

  it("answers a request that was on its way when it was to end, and says that it is the last", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("one"));
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    let received = "";
    socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
    socket.write(get("/"));
    while (scene.events.length === 0) await new Promise(setImmediate);
    expireAll(scene);
    socket.write(get("/"));
    await closed(socket);
    assert.match(received, /keep-alive.*one.*Connection: close.*one$/s);
  });

  it("answers such a request, too, when this process stood still while it came", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("one"));
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    let received = "";
    socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
    socket.write(get("/"));
    while (scene.events.length === 0) await new Promise(setImmediate);
    expireAll(scene);
    socket.write(get("/"));
    standStill(GRACE_MS + 100);
    await closed(socket);
    assert.match(received, /keep-alive.*one.*Connection: close.*one$/s);
  });

  it("ends at once when it was upgraded", async () => {
    await using upstream = await openHttpUpstream(
      () => undefined,
      (server) =>
        server.on("upgrade", (_request, socket) => {
          socket.write("HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        }),
    );
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = await connectRaw(scene.port);
    socket.write("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    await once(socket, "data");
    const over = closed(socket);
    expireAll(scene);
    await over;
  });
});

describe("a connection of HTTP/2 that is too old", () => {
  it("loses no request of a client that always has some under way, and answers those before it ends", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("fine"));
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    await once(session, "connect");
    let count = 0;
    const keepAsking = async (): Promise<void> => {
      while (!session.closed) {
        const { status, resetCode, body } = await finish(session.request({ ":path": "/" }));
        assert.deepEqual([status, resetCode, body], [200, 0, "fine"]);
        count += 1;
        if (count === 20) expireAll(scene);
      }
    };
    const over = closed(session);
    await Promise.all(Array.from({ length: 5 }, keepAsking));
    await over;
    assert.ok(count >= 20);
  });

  it("answers a request that came while this process stood still", async () => {
    await using upstream = await openHttpUpstream((_request, response) => response.end("fine"));
    await using scene = await openHttpScene({ to: upstream.port });
    await using frames = await openFrames(scene.port);
    await frames.waitFor(({ type }) => type === FRAME.settings);
    frames.write(frame(FRAME.settings, FLAG.ack, 0));
    const block = fieldBlock([
      [":method", "GET"],
      [":scheme", "https"],
      [":authority", "a"],
      [":path", "/"],
    ]);
    const ask = (stream: number): void =>
      frames.write(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, stream, block));
    ask(1);
    await frames.waitFor(({ type, stream }) => type === FRAME.data && stream === 1);
    expireAll(scene);
    ask(3);
    standStill(LATEST_MS + 100);
    const answer = await frames.waitFor(({ type, stream }) => type === FRAME.data && stream === 3);
    assert.equal(String(answer?.payload), "fine");
  });

  it("ends after the streams that run, and takes no other one", async () => {
    await using upstream = await openHttpUpstream(() => undefined);
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    const first = asked(upstream);
    const running = finish(session.request({ ":path": "/" }));
    const response = await first;
    const over = closed(session);
    const told = once(session, "goaway");
    expireAll(scene);
    await told;
    response.end("done");
    assert.equal((await running).body, "done");
    await over;
  });
});
