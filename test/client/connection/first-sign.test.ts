import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { connect } from "../../../src/client/connection/connect.ts";
import { awaitAny, firstSign } from "../../../src/client/connection/first-sign.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { identity, optionsFor, serve, showing } from "../support/listening.ts";

const LONG_MS = 60_000;

/** A connection that nothing more comes over. */
async function open(): Promise<{ readonly socket: TLSSocket } & AsyncDisposable> {
  const store = openMemoryStore();
  const server = await serve(await identity("server"), 0, { quiet: true });
  const socket = await connect(optionsFor(store, server.port));
  await once(socket, "session");
  return {
    socket,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await server[Symbol.asyncDispose]();
      await store.close();
    },
  };
}

describe("firstSign", () => {
  it("is the ticket or the first data of a TLS 1.3 server, and nothing to wait for after that", async () => {
    await using store = openMemoryStore();
    await using server = await serve(await identity("server"), 0, { quiet: true });
    const socket = await connect(optionsFor(store, server.port, await showing("ada")));
    await firstSign(socket, LONG_MS);
    assert.ok(socket.getTLSTicket() !== undefined);
    assert.equal(firstSign(socket, LONG_MS), undefined);
    socket.destroy();
    assert.equal(firstSign(socket, LONG_MS), undefined);
  });

  it("is nothing to wait for in TLS 1.2, where the server has judged us by then", async () => {
    await using store = openMemoryStore();
    await using server = await serve(await identity("server"), 0, { quiet: true });
    const socket = await connect(optionsFor(store, server.port, { maxVersion: "TLSv1.2" }));
    assert.equal(firstSign(socket, LONG_MS), undefined);
    socket.destroy();
  });
});

describe("awaitAny", () => {
  it("resolves with the first of the events, and listens to none after that", async () => {
    await using scene = await open();
    const before = scene.socket.listenerCount("close");
    const waiting = awaitAny(scene.socket, ["close", "drain"], LONG_MS);
    scene.socket.emit("drain");
    await waiting;
    assert.equal(scene.socket.listenerCount("close"), before);
    assert.equal(scene.socket.listenerCount("drain"), 0);
  });

  it("resolves when nothing comes in time", async () => {
    await using scene = await open();
    await awaitAny(scene.socket, ["drain"], 1);
    assert.equal(scene.socket.listenerCount("drain"), 0);
  });
});
