import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";
import { after, before, describe, it } from "node:test";
import { identity, type TestIdentity } from "../guard/support/identities.ts";
import { HAPROXY_IN_MODE_TCP } from "./support/haproxy.ts";
import { ask, openWebSocket } from "./support/proxy-client.ts";
import { ProxyScene } from "./support/proxy-scene.ts";
import { missing } from "./support/proxy-under-test.ts";
import { FILE_PATIENCE_MS } from "../support/patience.ts";

/** Connects; resolves when the other side has closed the connection. */
async function closedOn(port: number, shown?: TestIdentity): Promise<void> {
  const socket: TLSSocket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ...shown });
  socket.on("error", () => undefined).resume();
  await once(socket, "close");
}

describe("HAProxy in mode tcp", { skip: missing(HAPROXY_IN_MODE_TCP), timeout: FILE_PATIENCE_MS }, () => {
  let scene: ProxyScene;
  before(async () => {
    scene = await ProxyScene.open(HAPROXY_IN_MODE_TCP);
  });
  after(() => scene[Symbol.asyncDispose]());

  it("lets bytes through for whom it knows, after the first contact was approved", async () => {
    const anna = await identity("anna");
    await closedOn(scene.port, anna);
    await scene.refused("pending", anna.facts.pin);
    await scene.approve("anna");
    for (let times = 0; times < 3; times++) assert.equal((await ask(scene.port, anna)).status, 200);
  });

  it("lets nobody through without a certificate", async () => {
    const seen = scene.application.seen.length;
    await closedOn(scene.port);
    await scene.refused("no-certificate");
    assert.equal(scene.application.seen.length, seen);
  });

  it("ends the open connection of a revoked key, and no other", async () => {
    const known = [await scene.known("revoked"), await scene.known("other")] as const;
    const [revoked, other] = [openWebSocket(scene.port, known[0]), openWebSocket(scene.port, known[1])];
    const closed = once(revoked, "close");
    await Promise.all([once(revoked, "message"), once(other, "message")]);
    await scene.run("trust", "revoke", "revoked", "--yes");
    await closed;
    other.send("still here");
    const [said] = (await once(other, "message")) as [Buffer];
    assert.equal(String(said), "still here");
    other.terminate();
  });

  it("lets nobody through while the authorizer is gone", async () => {
    const client = await scene.known("patient");
    assert.equal((await ask(scene.port, client)).status, 200);
    await scene.stopAuthorizer();
    await closedOn(scene.port, client);
    await scene.startAuthorizer();
  });
});
