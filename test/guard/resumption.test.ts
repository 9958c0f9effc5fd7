import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { peerOf } from "../../src/guard/connection/peer-of.ts";
import type { Peer } from "../../src/guard/connection/peer.ts";
import { identity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { greet, openScene, type Scene } from "./support/scene.ts";
import { altered } from "./support/verdicts.ts";

describe("a resumed connection", async () => {
  const client = await identity("client");

  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const options = { identity: client, minVersion: version, maxVersion: version };

    it(`is recognised again, in ${version}`, async () => {
      await using scene = await openScene();
      const peers = collectPeers(scene);
      greet(scene.server);
      const { session } = await connectOnce({ ...options, port: scene.port });
      assert(session);
      const again = await connectOnce({ ...options, port: scene.port, session });
      assert.equal(again.resumed, true);
      assert.equal(again.received, "hello");
      const seen = peers.map((peer) => [
        peer?.name,
        peer?.firstUse,
        peer?.resumed,
        peer?.pin,
        peer?.tlsVersion,
      ]);
      assert.deepEqual(seen, [
        ["client", true, false, client.facts.pin, version],
        ["client", false, true, client.facts.pin, version],
      ]);
    });

    it(`learns that its key was revoked while it was away, from a full handshake, in ${version}`, async () => {
      await using scene = await openScene();
      greet(scene.server);
      const { session } = await connectOnce({ ...options, port: scene.port });
      assert(session);
      await scene.operator.revoke("client");
      const again = await connectOnce({ ...options, port: scene.port, session });
      assert.deepEqual([again.alert, again.received, again.resumed], [44, "", false]);
    });
  }

  it("is refused with an alert when its ticket still works, in TLS 1.3", async () => {
    let refuse = false;
    await using scene = await openScene({ through: (trust) => refusingWhen(trust, () => refuse) });
    greet(scene.server);
    const { session } = await connectOnce({ identity: client, port: scene.port });
    refuse = true;
    const again = await connectOnce({ identity: client, port: scene.port, ...(session && { session }) });
    assert.deepEqual([again.alert, again.received], [45, ""]);
  });

  it("is cut when its ticket still works in TLS 1.2, and learns why when it comes back", async () => {
    let refuse = false;
    await using scene = await openScene({ through: (trust) => refusingWhen(trust, () => refuse) });
    greet(scene.server);
    const options = { identity: client, port: scene.port, maxVersion: "TLSv1.2" } as const;
    const { session } = await connectOnce(options);
    refuse = true;
    const resuming = { ...options, ...(session && { session }) };
    const cut = await connectOnce(resuming);
    assert.deepEqual([cut.alert, cut.received], [null, ""]);
    const told = await connectOnce(resuming);
    assert.deepEqual([told.alert, told.received], [45, ""]);
  });
});

function refusingWhen(trust: Scene["trust"], when: () => boolean): ReturnType<typeof altered> {
  return altered(trust, {
    judge(showing) {
      if (!when()) return trust.judge(showing);
      const { pin } = showing.certificate;
      return { decision: "refuse", reason: "expired", pin, peer: "client", conflictsWith: null };
    },
  });
}

function collectPeers({ server }: Scene): (Peer | undefined)[] {
  const peers: (Peer | undefined)[] = [];
  server.on("secureConnection", (socket) => peers.push(peerOf(socket)));
  return peers;
}
