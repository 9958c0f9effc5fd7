import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connect } from "../../../src/client/connection/connect.ts";
import { isHandclaspError } from "../../../src/errors.ts";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import type { CreatedIdentity } from "../../../src/x509/create-identity.ts";
import { freePort } from "../../support/free-port.ts";
import { successorOf } from "../../support/successor.ts";
import { identity, optionsFor, serve, showing } from "../support/listening.ts";

/** The successor, with a certificate in which the old key names it. */
async function successor({
  privateKeyPem,
  certificatePem,
  facts,
}: CreatedIdentity): Promise<CreatedIdentity> {
  const next = await successorOf({ key: privateKeyPem, cert: certificatePem, facts });
  return { privateKeyPem: next.key, certificatePem: next.cert, facts: next.facts };
}

describe("a server that changed its key", () => {
  for (const verifyServer of ["accept", "ask", "refuse"] as const) {
    it(`is followed under ${verifyServer} when the key that is known endorsed the new one`, async () => {
      await using store = openMemoryStore();
      const old = await identity("server");
      const before = await serve(old, await freePort());
      const { port } = before;
      (await connect(optionsFor(store, port))).destroy();
      await before[Symbol.asyncDispose]();
      const next = await successor(old);
      await using after = await serve(next, port);
      const socket = await connect(optionsFor(store, port, { verifyServer, ...(await showing("ada")) }));
      socket.resume();
      assert.equal(await after.ended(), true);
      assert.deepEqual(after.seen, ["CN=ada"]);
      assert.equal(store.key(old.facts.pin)?.state, "retired");
      assert.deepEqual(
        [store.key(next.facts.pin)?.state, store.key(next.facts.pin)?.peer],
        ["trusted", `127.0.0.1:${port}`],
      );
      (await connect(optionsFor(store, port, { verifyServer: "refuse" }))).destroy();
    });
  }

  it("is refused with the old key from then on", async () => {
    await using store = openMemoryStore();
    const old = await identity("server");
    const before = await serve(old, await freePort());
    const { port } = before;
    (await connect(optionsFor(store, port))).destroy();
    await before[Symbol.asyncDispose]();
    const after = await serve(await successor(old), port);
    (await connect(optionsFor(store, port))).destroy();
    await after[Symbol.asyncDispose]();
    await using again = await serve(old, port);
    await assert.rejects(connect(optionsFor(store, port, await showing("ada"))), (error) => {
      assert.ok(isHandclaspError(error, "ERR_HANDCLASP_REFUSED"));
      assert.equal(error.details["reason"], "retired");
      return true;
    });
    assert.equal(await again.ended(), false);
  });

  it("is refused when another key than the known one endorsed it", async () => {
    await using store = openMemoryStore();
    const before = await serve(await identity("server"), await freePort());
    const { port } = before;
    (await connect(optionsFor(store, port))).destroy();
    await before[Symbol.asyncDispose]();
    await using other = await serve(await successor(await identity("server")), port);
    await assert.rejects(connect(optionsFor(store, port)), (error) => {
      return isHandclaspError(error, "ERR_HANDCLASP_REFUSED") && error.details["reason"] === "key-changed";
    });
    assert.equal(await other.ended(), false);
  });
});
