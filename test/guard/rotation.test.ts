import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import tls from "node:tls";
import { saveIdentity } from "../../src/client/identities/identity-folder.ts";
import { rotateIdentity } from "../../src/client/identities/reissue-identity.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { renewed, successorOf, successorsOf } from "../support/successor.ts";
import { identity } from "./support/identities.ts";
import { connectOnce } from "./support/node-client.ts";
import { greet, openScene } from "./support/scene.ts";
import { events, greeted, office, refused, stateOf, visit } from "./support/trusted-client.ts";

const CERTIFICATE_REVOKED = 44;
const CERTIFICATE_UNKNOWN = 46;
const ACCESS_DENIED = 49;

describe("a client that shows a key which its old one endorsed", () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    it(`is the same peer, and its old key is refused from then on (${maxVersion})`, async () => {
      await using scene = await office();
      const next = await successorOf(scene.anna);
      assert.equal((await visit(scene, scene.anna, { maxVersion })).received, "hello");
      assert.equal((await visit(scene, next, { maxVersion })).received, "hello");
      assert.equal(scene.trust.store.key(next.facts.pin)?.peer, "anna");
      assert.equal(scene.trust.store.key(next.facts.pin)?.source, "rotation");
      assert.equal((await visit(scene, scene.anna, { maxVersion })).alert, CERTIFICATE_REVOKED);
      assert.equal(stateOf(scene, scene.anna), "retired");
      await greeted(scene, next);
      const [rotation, ...others] = await events(scene, "rotated");
      assert.equal(rotation?.details["endorsedBy"], scene.anna.facts.pin);
      assert.deepEqual(others, []);
      const [stale] = await events(scene, "stale-key-seen");
      assert.equal(stale?.pin, scene.anna.facts.pin);
    });
  }

  it("ends the connections that its old key has open, and no old ticket is worth anything", async () => {
    await using scene = await office();
    scene.server.removeAllListeners("secureConnection");
    scene.server.on("secureConnection", (socket) => socket.on("error", () => undefined).write("hello"));
    const open = tls.connect({
      host: "127.0.0.1",
      port: scene.port,
      rejectUnauthorized: false,
      key: scene.anna.key,
      cert: scene.anna.cert,
    });
    open.on("error", () => undefined);
    let session: Buffer | undefined;
    open.on("session", (ticket) => (session = ticket));
    await once(open, "data");
    const closed = once(open, "close");
    const next = await successorOf(scene.anna);
    const newer = tls.connect({
      host: "127.0.0.1",
      port: scene.port,
      rejectUnauthorized: false,
      key: next.key,
      cert: next.cert,
    });
    await once(newer, "data");
    await closed;
    assert.ok(session);
    const { alert } = await visit(scene, scene.anna, { session });
    assert.equal(alert, CERTIFICATE_REVOKED);
    newer.destroy();
  });

  it("is followed over four rotations that the server did not see, and not over five", async () => {
    for (const count of [2, 3, 4, 5]) {
      await using scene = await office();
      const line = await successorsOf(scene.anna, count);
      const last = line.at(-1) ?? scene.anna;
      if (count === 5) await refused(scene, last, CERTIFICATE_UNKNOWN);
      else await greeted(scene, last);
      assert.equal(stateOf(scene, scene.anna), count === 5 ? "trusted" : "retired");
      assert.equal(stateOf(scene, last), count === 5 ? "pending" : "trusted");
    }
  });

  for (const [from, to] of [
    ["p256", "ml-dsa-65"],
    ["ml-dsa-65", "p256"],
    ["ml-dsa-44", "ml-dsa-87"],
    ["rsa", "ed25519"],
  ] as const) {
    it(`may have a key of another type: from ${from} to ${to}`, async () => {
      await using scene = await openScene({ policy: { firstUse: "ask" } });
      greet(scene.server);
      const old = await identity("anna", { type: from });
      await scene.operator.import(old.facts);
      await greeted(scene, old);
      await greeted(scene, await successorOf(old, { type: to }));
      await refused(scene, old, CERTIFICATE_REVOKED);
    });
  }

  it("fits into TLS with four links of the largest keys", async () => {
    await using scene = await openScene({ policy: { firstUse: "ask" } });
    greet(scene.server);
    const old = await identity("anna", { type: "ml-dsa-87" });
    await scene.operator.import(old.facts);
    const last = (await successorsOf(old, 4)).at(-1) ?? old;
    assert.ok(last.facts.der.length > 32 * 1024 && last.facts.der.length < 48 * 1024);
    await greeted(scene, last);
    assert.equal(scene.trust.store.key(last.facts.pin)?.peer, "anna");
    await refused(scene, old, CERTIFICATE_REVOKED);
  });

  it("is followed though its clock is hours ahead of the server's, or behind", async () => {
    for (const hours of [23, -23]) {
      await using scene = await office();
      const folder = temporaryFolder();
      const { key, cert: certificate } = scene.anna;
      saveIdentity(folder, "anna", { key, certificate });
      const now = (): number => Date.now() + hours * 3_600_000;
      const next = await rotateIdentity(folder, "anna", { now });
      await greeted(scene, { key: next.key, cert: next.certificate, facts: next.facts });
    }
  });

  it("keeps the name that an operator gave the peer, whatever it claims", async () => {
    await using scene = await office();
    await scene.operator.rename("anna", "anna of the lab");
    const next = await successorOf(scene.anna);
    await greeted(scene, next);
    assert.equal(scene.trust.store.key(next.facts.pin)?.peer, "anna of the lab");
  });

  it("waits for an operator under rotation: ask, and both keys are never trusted at once", async () => {
    await using scene = await office({ policy: { rotation: "ask" } });
    const next = await successorOf(scene.anna);
    await refused(scene, next, ACCESS_DENIED);
    await scene.trust.flush();
    assert.deepEqual([stateOf(scene, scene.anna), stateOf(scene, next)], ["trusted", "pending"]);
    await assert.rejects(scene.operator.approve(next.facts.pin), { code: "ERR_HANDCLASP_CONFLICT" });
    await scene.operator.approve(next.facts.pin, { onConflict: "replace" });
    await greeted(scene, next);
    await refused(scene, scene.anna, CERTIFICATE_REVOKED);
  });

  it("is a stranger under rotation: refuse", async () => {
    await using scene = await office({ policy: { rotation: "refuse" } });
    const next = await successorOf(scene.anna);
    const { alert } = await visit(scene, next);
    assert.equal(alert, CERTIFICATE_UNKNOWN);
    assert.equal(stateOf(scene, scene.anna), "trusted");
  });
});

describe("a renewed certificate", () => {
  it("changes nothing: the same peer, no event, both certificates on record", async () => {
    await using scene = await office();
    const line = await successorsOf(scene.anna, 1);
    const anna = line[1] ?? scene.anna;
    await greeted(scene, anna);
    await scene.trust.flush();
    const before = scene.trust.store.head().sequence;
    const again = renewed(anna);
    assert.deepEqual(again.facts.endorsement, anna.facts.endorsement);
    await greeted(scene, again);
    await greeted(scene, anna);
    await scene.trust.flush();
    assert.equal(scene.trust.store.head().sequence, before);
    assert.equal(scene.trust.store.key(anna.facts.pin)?.peer, "anna");
    const kept = (await scene.trust.store.listCertificates(anna.facts.pin)).map(
      ({ fingerprint }) => fingerprint,
    );
    assert.deepEqual(kept.toSorted(), [anna.facts.fingerprint, again.facts.fingerprint].toSorted());
  });

  it("stays the newest one when a session is resumed that was made with the former one", async () => {
    await using scene = await office();
    const { session } = await connectOnce({ identity: scene.anna, port: scene.port });
    const again = renewed(scene.anna);
    await greeted(scene, again);
    await scene.trust.flush();
    const resumed = await connectOnce({
      identity: scene.anna,
      port: scene.port,
      ...(session && { session }),
    });
    assert.equal(resumed.resumed, true);
    await scene.trust.flush();
    assert.equal(scene.trust.store.key(scene.anna.facts.pin)?.fingerprint, again.facts.fingerprint);
    const [newest] = await scene.trust.store.listCertificates(scene.anna.facts.pin);
    assert.equal(newest?.fingerprint, again.facts.fingerprint);
  });
});
