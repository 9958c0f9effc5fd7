import assert from "node:assert/strict";
import { once } from "node:events";
import net, { type AddressInfo, type Socket } from "node:net";
import { describe, it } from "node:test";
import { connectedWithin, Deadline } from "../src/deadline.ts";
import { standStill } from "./support/stand-still.ts";

const MS = 50;

describe("a socket that has to be connected in time", () => {
  it("is, though this process stood still meanwhile", async () => {
    await using server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = net.connect((server.address() as AddressInfo).port, "127.0.0.1");
    const connected = connectedWithin(socket, MS);
    standStill(2 * MS);
    await connected;
    socket.destroy();
  });

  it("is destroyed where it cannot be", async () => {
    await using server = net.createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    const socket = net.connect(port, "127.0.0.1");
    await assert.rejects(connectedWithin(socket, 60_000), { code: "ECONNREFUSED" });
    assert.equal(socket.destroyed, true);
  });
});

describe("a deadline", () => {
  it("is missed once it is over", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const began = performance.now();
    using _deadline = new Deadline(MS, resolve);
    await promise;
    assert.ok(performance.now() - began >= MS - 1);
  });

  it("is not missed by what came while the process stood still", async () => {
    const server = net.createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const [[far], near] = await Promise.all([
      once(server, "connection") as Promise<[Socket]>,
      new Promise<Socket>((resolve) => {
        const socket = net.connect(port, "127.0.0.1", () => resolve(socket));
      }),
    ]);
    let isMissed = false;
    const deadline = new Deadline(MS, () => {
      isMissed = true;
    });
    near.on("data", () => deadline[Symbol.dispose]());
    far.write("here");
    standStill(2 * MS);
    await once(near, "data");
    await new Promise(setImmediate);
    assert.equal(isMissed, false);
    near.destroy();
    server.close();
  });

  it("that is over is not missed any more when it is disposed of before the callback", async () => {
    const deadline = new Deadline(0, () => assert.fail("missed"));
    const over = new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
    // Both are due in one turn of the loop.
    standStill(5);
    await over;
    deadline[Symbol.dispose]();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  });
});
