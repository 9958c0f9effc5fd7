import assert from "node:assert/strict";
import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { describe, it } from "node:test";
import type { Peer } from "../../../src/guard/connection/peer.ts";
import { peerOf } from "../../../src/guard/connection/peer-of.ts";
import { identity, type TestIdentity } from "../support/identities.ts";
import { connectOnce } from "../support/node-client.ts";
import { greet, openScene, type Scene } from "../support/scene.ts";

describe("a peer's groups", async () => {
  const [anna, bert] = await Promise.all([identity("Anna"), identity("bert")]);

  it("are those of now, as they were named, for a connection that was made before", async () => {
    await using scene = await openScene();
    const peer = await meet(scene, anna);
    assert.deepEqual(peer.groups, []);
    await scene.operator.addToGroup("Lab", "anna");
    await scene.operator.addToGroup("admins", "anna");
    assert.deepEqual(peer.groups, ["admins", "Lab"]);
    assert.ok(Object.isFrozen(peer.groups));
    assert.deepEqual(
      [peer.isMember("lab"), peer.isMember("LAB"), peer.isMember("office")],
      [true, true, false],
    );
    await scene.operator.removeFromGroup("lab", "anna");
    assert.deepEqual([peer.groups, peer.isMember("Lab")], [["admins"], false]);
  });

  it("are none once its key is not trusted", async () => {
    await using scene = await openScene();
    const peer = await meet(scene, anna);
    await scene.operator.addToGroup("lab", "anna");
    await scene.operator.revoke("anna");
    assert.deepEqual([peer.groups, peer.isMember("lab")], [[], false]);
  });

  it("are never those of another who has its former name", async () => {
    await using scene = await openScene();
    const [first, second] = [await meet(scene, anna), await meet(scene, bert)];
    await scene.operator.rename("Anna", "Annika");
    await scene.operator.rename("bert", "Anna");
    await scene.operator.addToGroup("admins", "Anna");
    assert.deepEqual([first.name, first.groups, first.isMember("admins")], ["Anna", [], false]);
    assert.deepEqual(second.groups, ["admins"]);
  });

  it("are none when the store is closed, and no handler fails for it", async () => {
    const scene = await openScene();
    await using _ = scene;
    const peer = await meet(scene, anna);
    await scene.operator.addToGroup("lab", "anna");
    await scene.trust.store.close();
    assert.deepEqual([peer.groups, peer.isMember("lab")], [[], false]);
    assert.equal(JSON.parse(JSON.stringify(peer)).name, "Anna");
  });

  it("are in its JSON, beside its key in both forms", async () => {
    await using scene = await openScene();
    const peer = await meet(scene, anna);
    await scene.operator.addToGroup("lab", "anna");
    assert.deepEqual(JSON.parse(JSON.stringify(peer)), {
      name: "Anna",
      pin: anna.facts.pin,
      keyId: peer.keyId,
      fingerprint: anna.facts.fingerprint,
      groups: ["lab"],
      firstUse: true,
      renewed: false,
      rotated: false,
      connection: peer.connection,
      tlsVersion: "TLSv1.3",
      resumed: false,
    });
  });
});

async function meet(scene: Scene, client: TestIdentity): Promise<Peer> {
  const handedOver = once(scene.server, "secureConnection") as Promise<[TLSSocket]>;
  greet(scene.server);
  await connectOnce({ port: scene.port, identity: client });
  const [socket] = await handedOver;
  return peerOf(socket) ?? assert.fail("nobody");
}
