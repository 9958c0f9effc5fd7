import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { describe, it } from "node:test";
import { connect } from "../../../src/client/connection/connect.ts";
import { LiveServers } from "../../../src/client/servers/live-servers.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { openStore } from "../../../src/store/open-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { TrustStore } from "../../../src/trust/port/trust-store.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";
import { identity, optionsFor, serve } from "../support/listening.ts";

function operatorOf(store: TrustStore): Operator {
  return new Operator(store, { user: null, process: "test", now: Date.now });
}

describe("A connection of connect()", () => {
  it("ends with an error that says why when its server's key is revoked", async () => {
    await using store = openMemoryStore();
    const own = await identity("server");
    await using server = await serve(own, 0, { quiet: true });
    const socket = await connect(optionsFor(store, server.port));
    const failed = once(socket, "error") as Promise<[Error]>;
    await operatorOf(store).revoke(own.facts.pin);
    const [error] = await failed;
    assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
    assert.match(error.message, /no longer trusted/);
    assert.equal(error.details["pin"], own.facts.pin);
    assert.ok(socket.destroyed);
  });

  it("ends when another process revokes it, also if that is taken back at once", async () => {
    const url = join(temporaryFolder(), "known_servers.db");
    await using store = openStore(url, { process: "one" });
    await using other = openStore(url, { process: "two" });
    const own = await identity("server");
    await using server = await serve(own, 0, { quiet: true });
    const socket = await connect(optionsFor(store, server.port));
    const failed = once(socket, "error");
    const operator = operatorOf(other);
    await operator.revoke(own.facts.pin);
    await operator.approve(own.facts.pin);
    await failed;
  });

  it("ends when its key is revoked by an event that cannot be read", async () => {
    await using store = openMemoryStore();
    const onEvents = store.onEvents.bind(store);
    store.onEvents = (listener) =>
      onEvents((events) => listener(events.map((event) => ({ ...event, json: "?" }))));
    const own = await identity("server");
    await using server = await serve(own, 0, { quiet: true });
    const socket = await connect(optionsFor(store, server.port));
    const failed = once(socket, "error");
    await operatorOf(store).revoke(own.facts.pin);
    await failed;
  });

  it("ends when its server's approval does", async () => {
    await using store = openMemoryStore();
    const own = await identity("server");
    await using server = await serve(own, 0, { quiet: true });
    const socket = await connect(optionsFor(store, server.port));
    const failed = once(socket, "error");
    await operatorOf(store).approve(own.facts.pin, { expires: Date.now() + 300 });
    await failed;
  });

  it("goes on when other servers are met, approved, renamed and revoked", async () => {
    await using store = openMemoryStore();
    const [own, others] = await Promise.all([identity("server"), identity("other")]);
    await using server = await serve(own, 0, { quiet: true });
    await using other = await serve(others, 0, { quiet: true });
    const socket = await connect(optionsFor(store, server.port));
    const another = await connect(optionsFor(store, other.port));
    const failed = once(another, "error");
    const operator = operatorOf(store);
    await operator.approve(others.facts.pin);
    await operator.revoke(others.facts.pin);
    await failed;
    assert.equal(socket.destroyed, false);
    socket.destroy();
  });

  it("leaves nothing that listens once all are closed", async () => {
    await using store = openMemoryStore();
    await using server = await serve(await identity("server"), 0, { quiet: true });
    let listening = 0;
    const onEvents = store.onEvents.bind(store);
    store.onEvents = (listener) => {
      const stop = onEvents(listener);
      listening += 1;
      return () => {
        listening -= 1;
        stop();
      };
    };
    const options = optionsFor(store, server.port);
    const sockets = [await connect(options), await connect(options)];
    assert.equal(listening, 1);
    for (const socket of sockets) {
      socket.destroy();
      await once(socket, "close");
    }
    assert.equal(listening, 0);
  });

  it("leaves nothing that listens where the store could not say how long it may stay", async () => {
    let listening = 0;
    const watched = {
      key: () => {
        throw new Error("cannot be read");
      },
      onEvents: () => {
        listening += 1;
        return () => void (listening -= 1);
      },
      onAnew: () => () => undefined,
    };
    const servers = new LiveServers(watched);
    const server = { address: "a:1", pin: (await identity("server")).facts.pin };
    assert.throws(() => servers.add({ ...server, isTrusted: () => true, onDistrusted: () => undefined }));
    assert.equal(listening, 0);
  });
});
