import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import type { TLSSocket } from "node:tls";
import { connectVerified, type VerifiedSocket } from "../../../src/client/connection/connect.ts";
import { JudgedConnections } from "../../../src/client/http/judged-connections.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { identity, type Listening, optionsFor, serve } from "../support/listening.ts";

interface Pool {
  readonly connections: JudgedConnections;
  readonly ended: TLSSocket[];
  readonly open: (server: Listening) => Promise<VerifiedSocket>;
}

function poolOver(store: TrustStore): Pool {
  const { knownServers } = optionsFor(store, 0);
  const ended: TLSSocket[] = [];
  const connections = new JudgedConnections(knownServers, (socket) => {
    ended.push(socket);
    socket.destroy();
  });
  return {
    connections,
    ended,
    async open({ port }) {
      const connection = await connectVerified(optionsFor(store, port));
      assert.equal(connections.add(connection), connection.socket);
      return connection;
    },
  };
}

describe("JudgedConnections", () => {
  it("ends the connections to an address whose key is revoked, at once, once, and no others", async () => {
    await using store = openMemoryStore();
    const [own, other] = await Promise.all([identity("server"), identity("server")]);
    await using first = await serve(own, 0, { quiet: true });
    await using second = await serve(other, 0, { quiet: true });
    const { connections, ended, open } = poolOver(store);
    const [one, two, another] = [await open(first), await open(first), await open(second)];
    connections.endDistrusted(one.address);
    assert.deepEqual(ended, []);
    await new Operator(store, { user: null, process: "test", now: Date.now }).revoke(own.facts.pin);
    connections.endDistrusted(another.address);
    assert.deepEqual(ended, [one.socket, two.socket]);
    for (const _ of ["once", "again"]) connections.endDistrusted(one.address);
    assert.deepEqual(ended, [one.socket, two.socket]);
    assert.equal(connections.size, 1);
    another.socket.destroy();
  });

  it("ends one that is handed on, and leaves alone what it does not have", async () => {
    const store = openMemoryStore();
    await using server = await serve(await identity("server"), 0, { quiet: true });
    const { connections, ended, open } = poolOver(store);
    const { socket } = await open(server);
    const others = await connectVerified(optionsFor(store, server.port));
    await store.close();
    connections.endIfDistrusted(others.socket);
    assert.deepEqual(ended, []);
    connections.endIfDistrusted(socket);
    assert.deepEqual(ended, [socket]);
    others.socket.destroy();
  });

  it("lets go of a connection that has closed", async () => {
    await using store = openMemoryStore();
    await using server = await serve(await identity("server"), 0, { quiet: true });
    const { connections, open } = poolOver(store);
    const { socket } = await open(server);
    assert.equal(connections.size, 1);
    socket.destroy();
    await once(socket, "close");
    assert.equal(connections.size, 0);
  });

  it("trusts none when the store cannot tell", async () => {
    const store = openMemoryStore();
    await using server = await serve(await identity("server"), 0, { quiet: true });
    const { connections, ended, open } = poolOver(store);
    const connection = await open(server);
    await store.close();
    connections.endDistrusted(connection.address);
    assert.deepEqual(ended, [connection.socket]);
  });
});
