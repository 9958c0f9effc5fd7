import assert from "node:assert/strict";
import { once } from "node:events";
import type http from "node:http";
import type http2 from "node:http2";
import { describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { acceptOf } from "../../../../src/gateway/http/exchange/upgrade.ts";
import { closed } from "../../../guard/support/closed.ts";
import {
  anna,
  clientOptions,
  exchangeRaw,
  finish,
  openHttpScene,
  openSession,
} from "../../support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "../../support/http-upstream.ts";

/** RFC 8441 §4. */
const WEBSOCKET = {
  ":method": "CONNECT",
  ":protocol": "websocket",
  ":scheme": "https",
  ":path": "/",
  ":authority": "a",
};

/** A WebSocket server that says who came, then echoes. */
function openSocketUpstream(): Promise<Upstream> {
  return openHttpUpstream(
    (_request, response) => response.writeHead(426).end("upgrade, please"),
    (server) => {
      const sockets = new WebSocketServer({ server, perMessageDeflate: true, handleProtocols: () => "chat" });
      sockets.on("connection", (socket, { headers, url }) => {
        socket.on("error", () => undefined);
        socket.send(`${String(headers["handclasp-peer"])} ${String(headers["client_cert"])} ${url}`);
        socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
      });
    },
  );
}

function openWebSocket(port: number, path: string): WebSocket {
  const socket = new WebSocket(`wss://localhost:${port}${path}`, ["chat"], {
    headers: { "Handclasp-Peer": "admin", Client_Cert: "forged", Host: "app.test" },
    // The types of `ws` know some of these only.
    ...(clientOptions() as object),
  });
  socket.on("error", () => undefined);
  return socket;
}

async function nextMessage(socket: WebSocket): Promise<Buffer> {
  const [data] = (await once(socket, "message")) as [Buffer];
  return data;
}

describe("a WebSocket", () => {
  it("reaches the upstream, which is told who it is, and carries messages both ways", async () => {
    await using upstream = await openSocketUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = openWebSocket(scene.port, "/chat?x");
    assert.equal((await nextMessage(socket)).toString(), "anna undefined /chat?x");
    assert.equal(socket.protocol, "chat");
    for (const size of [0, 5, 5_000_000]) {
      const back = nextMessage(socket);
      socket.send(Buffer.alloc(size, "y"));
      assert.equal((await back).length, size);
    }
    const over = once(socket, "close");
    socket.close(4001, "done");
    const [code] = (await over) as [number];
    assert.equal(code, 4001);
  });

  it("is judged by its path and host like any request", async () => {
    await using upstream = await openSocketUpstream();
    await using scene = await openHttpScene({
      to: upstream.port,
      config: { serverNames: ["app.test"], paths: [{ path: "/chat", allow: ["bob"] }] },
    });
    for (const [path, host, status] of [
      ["/%63hat", "app.test", 403],
      ["/a%00b", "app.test", 400],
      ["/", "other.test", 421],
    ] as const) {
      const answer = await exchangeRaw(
        scene.port,
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      );
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    }
    assert.equal(upstream.connections.length, 0);
  });

  it("ends at the upstream when the client goes away, and the other way round", async () => {
    await using upstream = await openSocketUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    const first = openWebSocket(scene.port, "/");
    await nextMessage(first);
    const [connection] = upstream.connections;
    assert.ok(connection);
    const gone = closed(connection);
    first.terminate();
    await gone;
    const second = openWebSocket(scene.port, "/");
    await nextMessage(second);
    const over = once(second, "close");
    upstream.connections.at(-1)?.resetAndDestroy();
    await over;
  });

  it("is cut with its upstream when its key is revoked", async () => {
    await using upstream = await openSocketUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    const socket = openWebSocket(scene.port, "/");
    await nextMessage(socket);
    const [connection] = upstream.connections;
    assert.ok(connection);
    const both = Promise.all([once(socket, "close"), closed(connection)]);
    await scene.operator.revoke(anna.facts.pin);
    await both;
  });

  it("comes over HTTP/2 by an extended CONNECT", async () => {
    await using upstream = await openSocketUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    await once(session, "remoteSettings");
    assert.equal(session.remoteSettings.enableConnectProtocol, true);
    const stream = session.request({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "https",
      ":path": "/over-2",
      ":authority": "app.test",
      "sec-websocket-version": "13",
      "sec-websocket-protocol": "chat",
      "handclasp-peer": "admin",
    });
    const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
    assert.equal(headers[":status"], 200);
    assert.equal(headers["sec-websocket-protocol"], "chat");
    assert.equal(headers["sec-websocket-accept"], undefined);
    const [first] = (await once(stream, "data")) as [Buffer];
    assert.match(first.toString(), /anna undefined \/over-2/);
    // RFC 6455 §5.7: a masked text frame, with a mask of zeros.
    const echoed = once(stream, "data");
    stream.write(Buffer.concat([Buffer.from([0x81, 0x82, 0, 0, 0, 0]), Buffer.from("hi")]));
    const [back] = (await echoed) as [Buffer];
    assert.deepEqual(back, Buffer.from([0x81, 2, 0x68, 0x69]));
    const [connection] = upstream.connections;
    assert.ok(connection);
    const gone = closed(connection);
    stream.close(8);
    await gone;
  });

  it("is 502 over HTTP/2 when the upstream accepts a key that it was not sent", async () => {
    await using upstream = await openHttpUpstream(
      () => undefined,
      (server) =>
        server.on("upgrade", (_request, socket) => {
          const accept = acceptOf("dGhlIHNhbXBsZSBub25jZQ==");
          socket.write(
            "HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
              `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
          );
        }),
    );
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    await once(session, "remoteSettings");
    const stream = session.request(WEBSOCKET);
    assert.equal((await finish(stream)).status, 502);
  });

  it("comes over HTTP/2 with what the upstream says twice", async () => {
    await using upstream = await openHttpUpstream(
      () => undefined,
      (server) =>
        server.on("upgrade", ({ headers }: http.IncomingMessage, socket) => {
          const accept = acceptOf(headers["sec-websocket-key"] ?? "");
          socket.write(
            "HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
              `Sec-WebSocket-Accept: ${accept}\r\nDate: today\r\nDate: tomorrow\r\n\r\n`,
          );
        }),
    );
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    await once(session, "remoteSettings");
    const stream = session.request(WEBSOCKET);
    const [headers] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    assert.equal(headers[":status"], 200);
    stream.close();
    await closed(stream);
  });

  it("is refused over HTTP/2 for protocols that nothing translates", async () => {
    await using upstream = await openSocketUpstream();
    await using scene = await openHttpScene({ to: upstream.port });
    await using session = openSession(scene.port);
    await once(session, "remoteSettings");
    const stream = session.request({
      ":method": "CONNECT",
      ":protocol": "connect-udp",
      ":scheme": "https",
      ":path": "/",
      ":authority": "a",
    });
    assert.equal((await finish(stream)).status, 501);
  });
});
