import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:tls";
import { describe, it } from "node:test";
import { connectOnce } from "../support/node-client.ts";
import { identity } from "../support/identities.ts";
import { openScene } from "../support/scene.ts";

describe("guard on an approval with an end", async () => {
  const client = await identity("client");

  it("cuts the connection when the approval ends, and tells it why when it comes back", async () => {
    await using scene = await openScene();
    scene.server.on("secureConnection", (socket) => void socket.on("error", () => undefined).resume());
    await scene.operator.import(client.facts, { expires: Date.now() + 1500 });
    const options = { host: "127.0.0.1", port: scene.port, rejectUnauthorized: false };
    const socket = connect({ ...options, key: client.key, cert: client.cert });
    socket.on("error", () => undefined);
    await once(socket, "secureConnect");
    socket.resume();
    await once(socket, "close");
    assert.equal((await connectOnce({ port: scene.port, identity: client })).alert, 45);
  });

  it("goes by the newest approval", async () => {
    await using scene = await openScene();
    scene.server.on("secureConnection", (socket) => void socket.on("error", () => undefined).resume());
    await scene.operator.import(client.facts);
    const options = { host: "127.0.0.1", port: scene.port, rejectUnauthorized: false };
    const socket = connect({ ...options, key: client.key, cert: client.cert });
    socket.on("error", () => undefined).resume();
    await once(socket, "session");
    const closed = once(socket, "close");
    await scene.operator.approve(client.facts.pin, { expires: Date.now() + 300 });
    await closed;
    while ([...scene.guard.connections].length > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
