import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { successorOf, successorsOf } from "../support/successor.ts";
import { identity } from "./support/identities.ts";
import { greet, openScene } from "./support/scene.ts";
import { events, greeted, office, refused, stateOf, visit } from "./support/trusted-client.ts";
import { refusalsIn } from "../support/listed.ts";

const CERTIFICATE_REVOKED = 44;
const BAD_CERTIFICATE = 42;
const CERTIFICATE_UNKNOWN = 46;
const ACCESS_DENIED = 49;

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
    const [refusal] = await refusalsIn(scene.trust.store);
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
