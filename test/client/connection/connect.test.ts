import assert from "node:assert/strict";
import { createServer as createTcpServer } from "node:net";
import { describe, it } from "node:test";
import type { SecureVersion } from "node:tls";
import { connect } from "../../../src/client/connection/connect.ts";
import { KnownServers } from "../../../src/client/servers/known-servers.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { identity, listening, optionsFor, serve, showing } from "../support/listening.ts";
import { freePort } from "../../support/free-port.ts";
import { eventsIn } from "../../support/listed.ts";

function failIfAsked(): Promise<boolean> {
  assert.fail("asked");
}

describe("connect", () => {
  it("has the server on record when it resolves, and knows it the next time", async () => {
    await using store = openMemoryStore();
    const own = await identity("server");
    await using server = await serve(own);
    const socket = await connect(optionsFor(store, server.port, await showing("ada")));
    const key = store.key(own.facts.pin);
    assert.equal(key?.state, "trusted");
    assert.equal(key.peer, `127.0.0.1:${server.port}`);
    socket.destroy();
    const again = await connect(optionsFor(store, server.port, { verifyServer: "refuse" }));
    again.destroy();
    assert.equal((await eventsIn(store)).length, 1);
  });

  it("refuses a changed key without showing our certificate in TLS 1.3", async () => {
    await using store = openMemoryStore();
    const [own, impostor, ada] = await Promise.all([identity("server"), identity("server"), showing("ada")]);
    await using known = await serve(own, await freePort());
    const { port } = known;
    const first = await connect(optionsFor(store, port, ada));
    first.resume();
    await known.ended();
    await known[Symbol.asyncDispose]();
    await using other = await serve(impostor, port);
    await assert.rejects(connect(optionsFor(store, port, ada)), (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
      assert.equal(error.details["reason"], "key-changed");
      return true;
    });
    assert.equal(await other.ended(), false);
    assert.deepEqual(other.seen, []);
  });

  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] satisfies SecureVersion[]) {
    it(`refuses an unknown server under refuse in ${maxVersion}, and keeps it for approval`, async () => {
      await using store = openMemoryStore();
      const own = await identity("server");
      await using server = await serve(own);
      const refused = connect(optionsFor(store, server.port, { verifyServer: "refuse", maxVersion }));
      await assert.rejects(refused, (error) => isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
      assert.equal(store.key(own.facts.pin)?.state, "pending");
    });
  }

  it("asks while it has no connection, and connects again after a yes", async () => {
    await using store = openMemoryStore();
    const own = await identity("server");
    await using server = await serve(own);
    const ada = await showing("ada");
    const socket = await connect(
      optionsFor(store, server.port, {
        ...ada,
        verifyServer: "ask",
        ask: async ({ address, facts }) => {
          assert.equal(address, `127.0.0.1:${server.port}`);
          assert.equal(facts.pin, own.facts.pin);
          assert.equal(await server.ended(), false);
          return true;
        },
      }),
    );
    socket.resume();
    assert.equal(await server.ended(), true);
    assert.deepEqual(server.seen, ["CN=ada"]);
  });

  it("takes no for an answer", async () => {
    await using store = openMemoryStore();
    await using server = await serve(await identity("server"));
    const asked = connect(optionsFor(store, server.port, { verifyServer: "ask", ask: async () => false }));
    await assert.rejects(asked, (error) => isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
  });

  it("does not ask about a changed key", async () => {
    await using store = openMemoryStore();
    await using server = await serve(await identity("server"));
    const knownServers = new KnownServers(store, { now: Date.now, process: "test" });
    await knownServers.remember(`127.0.0.1:${server.port}`, (await identity("server")).facts);
    const refused = connect(optionsFor(store, server.port, { verifyServer: "ask", ask: failIfAsked }));
    await assert.rejects(refused, (error) => isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
  });

  it("does not resolve for a server that it cannot put on record", async () => {
    await using store = openMemoryStore();
    await using server = await serve(await identity("server"));
    Object.assign(store, { apply: () => Promise.reject(new Error("disk full")) });
    await assert.rejects(connect(optionsFor(store, server.port)), /disk full/);
  });

  it("says so when nobody listens", async () => {
    await using store = openMemoryStore();
    const failed = connect(optionsFor(store, await freePort()));
    await assert.rejects(failed, (error) => isHandclaspError(error, "ERR_HANDCLASP_CONNECT"));
  });

  it("gives up on a server that does not answer", async () => {
    await using store = openMemoryStore();
    const tcp = createTcpServer((socket) => void socket.on("error", () => undefined).resume());
    const port = await listening(tcp);
    const failed = connect(optionsFor(store, port, { timeoutMs: 100 }));
    await assert.rejects(failed, (error) => isHandclaspError(error, "ERR_HANDCLASP_CONNECT"));
    tcp.close();
  });

  it("says so when the server hangs up or does not speak TLS", async () => {
    await using store = openMemoryStore();
    for (const answer of ["", "HTTP/1.1 400 Bad Request\r\n\r\n"]) {
      const tcp = createTcpServer((socket) => void socket.on("error", () => undefined).end(answer));
      const port = await listening(tcp);
      const failed = connect(optionsFor(store, port));
      await assert.rejects(failed, (error) => isHandclaspError(error, "ERR_HANDCLASP_CONNECT"));
      tcp.close();
    }
  });
});
