import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, it } from "node:test";
import tls from "node:tls";
import { parseEvent, type TrustEvent } from "../../src/trust/events.ts";
import type { KeyState } from "../../src/trust/key-record.ts";
import { renewed, type Shown, successorOf, successorsOf } from "../support/successor.ts";
import { identity } from "./support/identities.ts";
import { connectOnce, type Outcome } from "./support/node-client.ts";
import { greet, openScene, type Scene, type SceneOptions } from "./support/scene.ts";

const CERTIFICATE_REVOKED = 44;
const BAD_CERTIFICATE = 42;
const CERTIFICATE_UNKNOWN = 46;
const ACCESS_DENIED = 49;

/** A server that lets nobody in by itself, and one client that it trusts. */
async function office(options: SceneOptions = {}): Promise<Scene & { readonly anna: Shown }> {
  const scene = await openScene({ ...options, policy: { firstUse: "ask", ...options.policy } });
  greet(scene.server);
  const anna = await identity("anna");
  await scene.operator.import(anna.facts);
  return Object.assign(scene, { anna });
}

function visit({ port }: Scene, who: Shown, options: tls.ConnectionOptions = {}): Promise<Outcome> {
  return connectOnce({ ...options, port, identity: who });
}

async function greeted(scene: Scene, who: Shown): Promise<void> {
  const { received, alert, error } = await visit(scene, who);
  assert.deepEqual({ received, alert, error }, { received: "hello", alert: null, error: null });
}

async function refused(scene: Scene, who: Shown, alert: number): Promise<void> {
  const outcome = await visit(scene, who);
  assert.deepEqual({ received: outcome.received, alert: outcome.alert }, { received: "", alert });
}

function stateOf({ trust }: Scene, { facts }: Shown): KeyState | undefined {
  return trust.store.key(facts.pin)?.state;
}

/** What was recorded, once everything that was noted is on disk. */
async function events({ trust }: Scene, type: TrustEvent["type"]): Promise<readonly TrustEvent[]> {
  await trust.flush();
  const all = trust.store.events(0, 1000).flatMap(({ json }) => parseEvent(json) ?? []);
  return all.filter((event) => event.type === type);
}

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

describe("an endorsement", () => {
  for (const state of ["revoked", "retired", "ignored"] as const) {
    it(`by a ${state} key does nothing but raise an event, once`, async () => {
      await using scene = await office();
      const next = await successorOf(scene.anna);
      if (state === "revoked") await scene.operator.revoke("anna");
      else if (state === "ignored") await scene.operator.ignore("anna");
      else await greeted(scene, await successorOf(scene.anna));
      const { alert } = await visit(scene, next);
      assert.ok(alert !== null);
      await visit(scene, next);
      assert.notEqual(stateOf(scene, next), "trusted");
      assert.equal(stateOf(scene, scene.anna), state);
      const [noted, ...others] = await events(scene, "endorsement-refused");
      assert.deepEqual(noted?.details, {
        problem: `endorsed-by-${state}`,
        endorsedBy: scene.anna.facts.pin,
      });
      assert.deepEqual(others, []);
    });
  }

  it("by a key that nobody knows does nothing, and leaves no event for strangers to make up", async () => {
    await using scene = await office();
    const stranger = await successorOf(await identity("anna"));
    await refused(scene, stranger, CERTIFICATE_UNKNOWN);
    assert.equal(stateOf(scene, scene.anna), "trusted");
    assert.deepEqual(await events(scene, "endorsement-refused"), []);
    const [refusal] = scene.trust.store.refusals(1);
    assert.equal(refusal?.detail, "endorsed-by-unknown");
  });

  it("by a key that nobody knows is in the event when first use takes the client all the same", async () => {
    await using scene = await openScene({ policy: { firstUse: "accept" } });
    greet(scene.server);
    const old = await identity("anna");
    await greeted(scene, await successorOf(old));
    const [met] = await events(scene, "met");
    assert.equal(met?.details["endorsedBy"], old.facts.pin);
  });

  it("that somebody else signed does nothing", async () => {
    await using scene = await office();
    const thief = await identity("thief");
    await refused(scene, await successorOf(scene.anna, { signer: thief }), CERTIFICATE_UNKNOWN);
    assert.equal(stateOf(scene, scene.anna), "trusted");
  });

  it("does not come back when its key is forgotten", async () => {
    await using scene = await office();
    const next = await successorOf(scene.anna);
    await scene.operator.forget("anna");
    await refused(scene, next, ACCESS_DENIED);
    assert.equal(stateOf(scene, next), "pending");
    const [noted] = await events(scene, "endorsement-refused");
    assert.equal(noted?.details["problem"], "endorsed-by-forgotten");
  });

  it("does not come back when its key is forgotten and then trusted again", async () => {
    await using scene = await office();
    const old = await successorOf(scene.anna, { issuedAt: Date.now() - 60_000 });
    await scene.operator.forget("anna");
    await scene.operator.import(scene.anna.facts);
    await refused(scene, old, CERTIFICATE_UNKNOWN);
    assert.equal(stateOf(scene, scene.anna), "trusted");
    const [noted] = await events(scene, "endorsement-refused");
    assert.equal(noted?.details["problem"], "endorsement-outdated");
    await greeted(scene, await successorOf(scene.anna, { issuedAt: Date.now() + 1000 }));
  });

  it("does not bring back a key that was forgotten", async () => {
    await using scene = await office();
    const next = await successorOf(scene.anna);
    await scene.operator.import(next.facts, { name: "somebody" });
    await scene.operator.forget(next.facts.pin);
    await refused(scene, next, CERTIFICATE_UNKNOWN);
    assert.equal(stateOf(scene, scene.anna), "trusted");
    const [noted] = await events(scene, "endorsement-refused");
    assert.equal(noted?.details["problem"], "endorsed-key-forgotten");
  });

  for (const how of ["retired", "revoked", "ignored"] as const) {
    it(`is void once its key was ${how} and trusted again`, async () => {
      await using scene = await office();
      const [second, unused] = await Promise.all([
        successorOf(scene.anna, { issuedAt: Date.now() - 60_000 }),
        successorOf(scene.anna, { issuedAt: Date.now() - 60_000 }),
      ]);
      if (how === "retired") await greeted(scene, second);
      else if (how === "revoked") await scene.operator.revoke("anna");
      else await scene.operator.ignore("anna");
      await scene.operator.approve(scene.anna.facts.pin, { onConflict: "replace" });
      await greeted(scene, scene.anna);
      if (how === "retired") await refused(scene, second, CERTIFICATE_REVOKED);
      await refused(scene, unused, CERTIFICATE_UNKNOWN);
      assert.equal(stateOf(scene, scene.anna), "trusted");
      await greeted(scene, await successorOf(scene.anna, { issuedAt: Date.now() + 1000 }));
    });
  }

  it("does not lead around a key of the chain that is refused", async () => {
    await using scene = await office();
    const [, second, third] = await successorsOf(scene.anna, 2);
    assert.ok(second && third);
    await scene.operator.import(second.facts, { name: "second" });
    await scene.operator.revoke(second.facts.pin);
    await refused(scene, third, CERTIFICATE_UNKNOWN);
    assert.equal(stateOf(scene, scene.anna), "trusted");
  });

  it("never lifts what an operator decided about the new key itself", async () => {
    await using scene = await office();
    const next = await successorOf(scene.anna);
    await scene.operator.import(next.facts, { name: "next" });
    await scene.operator.revoke(next.facts.pin);
    await refused(scene, next, CERTIFICATE_REVOKED);
    assert.equal(stateOf(scene, scene.anna), "trusted");
  });

  it("of two keys lets in the one that comes first", async () => {
    await using scene = await office();
    const two = await Promise.all([successorOf(scene.anna), successorOf(scene.anna)]);
    const outcomes = await Promise.all(two.map((one) => visit(scene, one)));
    assert.equal(outcomes.filter(({ received }) => received === "hello").length, 1);
    assert.equal(two.filter((one) => stateOf(scene, one) === "trusted").length, 1);
    assert.equal(stateOf(scene, scene.anna), "retired");
  });

  it("of a version that is not known counts as none", async () => {
    await using scene = await office();
    const version9 = Uint8Array.from(Buffer.from("3003020109", "hex"));
    await refused(scene, await successorOf(scene.anna, { extension: version9 }), CERTIFICATE_UNKNOWN);
    assert.deepEqual(await events(scene, "endorsement-refused"), []);
  });

  it("that is malformed refuses the certificate, unless its key is known", async () => {
    await using scene = await office();
    const broken = Uint8Array.from(Buffer.from("3003020101", "hex"));
    const next = await successorOf(scene.anna, { extension: broken });
    await refused(scene, next, BAD_CERTIFICATE);
    await scene.operator.import(next.facts, { name: "next" });
    await greeted(scene, next);
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
    const kept = scene.trust.store.certificates(anna.facts.pin).map(({ fingerprint }) => fingerprint);
    assert.deepEqual(kept.toSorted(), [anna.facts.fingerprint, again.facts.fingerprint].toSorted());
  });
});
