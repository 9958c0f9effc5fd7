import assert from "node:assert/strict";
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { describe, it } from "node:test";
import { HandclaspError } from "../../../src/errors.ts";
import { peerOf } from "../../../src/guard/connection/peer-of.ts";
import type { PendingClient } from "../../../src/guard/refusal/waiting-room.ts";
import { identity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { openScene } from "../support/scene.ts";

const anna = await identity("anna");
const ASK = { policy: { firstUse: "ask" } } as const;

describe("a receiver of pending clients", () => {
  it("gets the socket, and the server's listeners see nothing of it", async () => {
    const received: [TLSSocket, PendingClient][] = [];
    await using scene = await openScene({
      ...ASK,
      dangerouslyReceivePending: (socket, client) => {
        received.push([socket, client]);
        socket.end("wait");
      },
    });
    let seen = 0;
    scene.server.on("secureConnection", () => (seen += 1));
    const outcome = await connectOnce({ port: scene.port, identity: anna });
    assert.equal(outcome.received, "wait");
    assert.equal(outcome.alert, null);
    assert.equal(seen, 0);
    const [[socket, client] = []] = received;
    assert.equal(client?.pin, anna.facts.pin);
    assert.equal(client?.claimedName, "anna");
    assert.ok(socket);
    assert.throws(() => peerOf(socket), HandclaspError);
    assert.deepEqual([...scene.guard.connections], []);
    assert.equal(scene.guard.stats.refused, 1);
    assert.equal(scene.guard.stats.admitted, 0);
  });

  it("gets nobody else: not who is revoked, in conflict, without a certificate or trusted", async () => {
    let received = 0;
    await using scene = await openScene({
      policy: { firstUse: "accept" },
      dangerouslyReceivePending: (socket) => {
        received += 1;
        socket.destroy();
      },
    });
    scene.server.on("secureConnection", (socket: TLSSocket) => socket.end("hello"));
    assert.equal((await connectOnce({ port: scene.port, identity: anna })).received, "hello");
    const rival = await identity("anna");
    assert.equal((await connectOnce({ port: scene.port, identity: rival })).alert, 46);
    assert.equal((await connectOnce({ port: scene.port })).alert, 116);
    await scene.operator.revoke(anna.facts.pin);
    assert.equal((await connectOnce({ port: scene.port, identity: anna })).alert, 44);
    assert.equal(received, 0);
  });

  it("that throws costs the client its connection and nobody else anything", async () => {
    await using scene = await openScene({
      ...ASK,
      dangerouslyReceivePending: () => {
        throw new Error("no");
      },
    });
    const outcome = await connectOnce({ port: scene.port, identity: anna });
    assert.equal(outcome.received, "");
    assert.equal(scene.guard.handshakes, 0);
  });

  it("loses its clients when the guard closes", async () => {
    const received = Promise.withResolvers<TLSSocket>();
    const scene = await openScene({
      ...ASK,
      dangerouslyReceivePending: (socket) => received.resolve(socket),
    });
    const outcome = connectOnce({ port: scene.port, identity: anna });
    const socket = await received.promise;
    const closed = once(socket, "close");
    await scene[Symbol.asyncDispose]();
    await closed;
    await outcome;
  });

  it("has 256 of them at the most, the oldest out first", async ({ mock }) => {
    // However long they take to come, none has waited for its 15 seconds.
    const now = performance.now();
    mock.method(performance, "now", () => now);
    const sockets: TLSSocket[] = [];
    const all = Promise.withResolvers<void>();
    await using scene = await openScene({
      ...ASK,
      dangerouslyReceivePending: (socket) => {
        socket.on("error", () => undefined);
        if (sockets.push(socket) === 260) all.resolve();
      },
    });
    const outcomes = Array.from({ length: 260 }, () => connectOnce({ port: scene.port, identity: anna }));
    await all.promise;
    for (const socket of sockets.slice(0, 4)) if (!socket.destroyed) await once(socket, "close");
    assert.equal(sockets.filter((socket) => !socket.destroyed).length, 256);
    scene.guard.close();
    await Promise.all(outcomes);
  });
});
