import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { closed } from "../support/closed.ts";
import { identity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { greet, openScene, type Scene } from "../support/scene.ts";

describe("a guarded server that too many connect to at once", async () => {
  const client = await identity("client");

  it("drops strangers before those who come from where somebody was let in", async () => {
    await using scene = await openScene({ maxHandshakes: 3 });
    greet(scene.server);
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
    const familiar = await openSilent(scene, "127.0.0.1");
    const strangers: net.Socket[] = [];
    for (let count = 0; count < 5; count++) strangers.push(await openSilent(scene, "127.0.0.2"));
    await Promise.all(strangers.slice(0, 3).map(isClosed));
    assert.equal(scene.guard.stats.dropped, 3);
    assert.deepEqual(
      [familiar, ...strangers].map((socket) => socket.closed),
      [false, true, true, true, false, false],
    );
    for (const socket of [familiar, ...strangers]) socket.destroy();
  });

  it("leaves room to strangers beside silent ones that come from where somebody was let in", async () => {
    await using scene = await openScene({ maxHandshakes: 4 });
    greet(scene.server);
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
    const sockets: net.Socket[] = [];
    for (const from of [1, 1, 1, 1, 2, 1]) sockets.push(await openSilent(scene, `127.0.0.${from}`));
    await Promise.all(sockets.slice(2, 4).map(isClosed));
    assert.deepEqual(
      sockets.map((socket) => socket.closed),
      [false, false, true, true, false, false],
    );
    for (const socket of sockets) socket.destroy();
  });

  it("drops the oldest when all come from where the last one was refused", async () => {
    await using scene = await openScene({ maxHandshakes: 2 });
    greet(scene.server);
    assert.equal((await connectOnce({ port: scene.port, identity: client })).received, "hello");
    await scene.operator.revoke("client");
    assert.equal((await connectOnce({ port: scene.port, identity: client })).alert, 44);
    const sockets: net.Socket[] = [];
    for (const from of ["127.0.0.1", "127.0.0.2", "127.0.0.2"]) sockets.push(await openSilent(scene, from));
    await isClosed(sockets[0] ?? assert.fail());
    assert.deepEqual(
      sockets.map((socket) => socket.closed),
      [true, false, false],
    );
    for (const socket of sockets) socket.destroy();
  });
});

/** A connection that says nothing, once the server has accepted it. */
async function openSilent(scene: Scene, localAddress: string): Promise<net.Socket> {
  const { accepted } = scene.guard.stats;
  const socket = net.connect({ port: scene.port, host: "127.0.0.1", localAddress });
  socket.on("error", () => undefined).resume();
  await once(socket, "connect");
  while (scene.guard.stats.accepted === accepted) await delay(1);
  return socket;
}

async function isClosed(socket: net.Socket): Promise<void> {
  if (!socket.closed) await closed(socket);
}
