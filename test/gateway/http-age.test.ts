import assert from "node:assert/strict";
import { once } from "node:events";
import type http from "node:http";
import { describe, it } from "node:test";
import { closed } from "../guard/support/closed.ts";
import {
  connectRaw,
  exchangeRaw,
  finish,
  type HttpScene,
  openHttpScene,
  openSession,
} from "./support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "./support/http-upstream.ts";

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** As a gate does with connections that have reached their greatest age. */
function expireAll({ guard, proxy }: HttpScene): void {
  for (const connection of guard.connections) proxy.expire(connection);
}

async function asked({ server }: Upstream): Promise<http.ServerResponse> {
  const [, response] = (await once(server, "request")) as [unknown, http.ServerResponse];
  return response;
}

describe("a connection of HTTP/1.1 that is too old", () => {
  it("ends at once between two requests", async () => {
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
    it(`ends after the answer that ${hasBegun ? "has begun" : "is due"}, and nothing that waits begins`, async () => {
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
      assert.match(received, hasBegun ? /keep-alive/ : /Connection: close/);
      // What began before it would be there before it.
      await exchangeRaw(scene.port, "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assert.deepEqual(others, ["/3"]);
    });
  }

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
