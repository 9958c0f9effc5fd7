import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import type { ListenerConfig } from "../../src/gateway/config/config.ts";
import { closed } from "../guard/support/closed.ts";
import { anna, clientOptions, connectRaw, openSession } from "./support/http-scene.ts";
import { openHttpUpstream, type Upstream } from "./support/http-upstream.ts";
import { configOf, type GatewayScene, listenerTo, openGateway } from "./support/scene.ts";

/** Begins an answer and says no more; echoes over WebSockets. */
function openEndless(): Promise<Upstream> {
  return openHttpUpstream(
    (_request, response) => response.write("begun"),
    (server) => {
      new WebSocketServer({ server }).on("connection", (socket) => socket.send("begun"));
    },
  );
}

function listenerWith(upstream: Upstream, allow: readonly string[]): ListenerConfig {
  const address = { host: "127.0.0.1", port: upstream.port };
  return listenerTo(
    { kind: "tcp", address, protocol: "http" },
    { mode: "http", paths: [{ path: "/admin", allow }] },
  );
}

/** Everything of anna's that runs at once; resolves with what ends each of them. */
async function runEverything(port: number, path: string): Promise<Promise<unknown>[]> {
  const raw = await connectRaw(port, anna);
  raw.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  await once(raw, "data");
  const session = openSession(port, anna);
  const stream = session.request({ ":path": path });
  stream.on("error", () => undefined);
  await once(stream, "data");
  const socket = new WebSocket(`wss://localhost:${port}${path}`, { ...(clientOptions(anna) as object) });
  socket.on("error", () => undefined);
  await once(socket, "message");
  return [closed(raw), closed(stream).then(() => session.destroy()), once(socket, "close")];
}

/** The same, by a group that anna is put into once she was met. */
async function runEverythingInLab(scene: GatewayScene): Promise<Promise<unknown>[]> {
  const first = await connectRaw(scene.port, anna);
  first.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await once(first, "data");
  first.destroy();
  await scene.operator.addToGroup("lab", "anna");
  return runEverything(scene.port, "/admin/feed");
}

describe("what runs for a path", () => {
  it("ends when its peer leaves the group that the path is for", async () => {
    await using upstream = await openEndless();
    await using scene = await openGateway(configOf([listenerWith(upstream, ["group:lab"])]));
    const ends = await runEverythingInLab(scene);
    await scene.operator.removeFromGroup("lab", "anna");
    await Promise.all(ends);
  });

  it("ends when its peer leaves that group and is in it again before anybody looked", async () => {
    await using upstream = await openEndless();
    await using scene = await openGateway(configOf([listenerWith(upstream, ["group:lab"])]));
    const ends = await runEverythingInLab(scene);
    await Promise.all([
      scene.operator.removeFromGroup("lab", "anna"),
      scene.operator.addToGroup("lab", "anna"),
    ]);
    await Promise.all(ends);
  });

  it("ends when another configuration denies its peer the path", async () => {
    await using upstream = await openEndless();
    await using scene = await openGateway(configOf([listenerWith(upstream, ["anna"])]));
    const ends = await runEverything(scene.port, "/admin/feed");
    await scene.gateway.reload(configOf([listenerWith(upstream, ["bob"])]));
    await Promise.all(ends);
  });

  it("goes on for other paths, where the next request is judged by the new rules", async () => {
    let finish: (() => void) | undefined;
    await using upstream = await openHttpUpstream(({ url }, response) => {
      if (url === "/admin") return response.end("secret");
      response.write("begun");
      finish = () => void response.end("over");
    });
    await using scene = await openGateway(configOf([listenerWith(upstream, ["anna"])]));
    const raw = await connectRaw(scene.port, anna);
    raw.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(raw, "data");
    await scene.gateway.reload(configOf([listenerWith(upstream, ["bob"])]));
    let received = "";
    raw.setEncoding("latin1").on("data", (text: string) => (received += text));
    raw.write("GET /admin HTTP/1.1\r\nHost: localhost\r\n\r\n");
    finish?.();
    await closed(raw);
    assert.match(received, /over/);
    assert.match(received, /HTTP\/1\.1 403 /);
    assert.doesNotMatch(received, /secret/);
  });
});
