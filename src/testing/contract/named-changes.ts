// What every store promises about changes that say whom they mean by a name, while that name changes hands.
import assert from "node:assert/strict";
import { Operator } from "../../operator/operator.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { rotateOf } from "./rotations.ts";

const AT = Date.UTC(2030, 0, 1);

interface Scene {
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly anna: CertificateFacts;
  readonly next: CertificateFacts;
  /** Puts `next` into anna's place. */
  readonly rotates: () => Promise<unknown>;
}

/** A key is kept for review under a name, for 1 ms. */
async function waits(store: TrustStore, certificate: CertificateFacts, at: number = AT): Promise<void> {
  await store.apply({
    type: "hold",
    at,
    actor: { user: null, process: "serve 2", address: "192.0.2.1", listener: null },
    peer: certificate.claimedName ?? null,
    certificate: toSeenCertificate(certificate),
    conflictsWith: null,
    pendingExpires: at + 1,
    maxPending: 1,
  });
}

/** Registers this part for one kind of store. */
export function describeNamedChanges({ kind, open, describe, it }: StoreSuite): void {
  async function scene(): Promise<Scene> {
    const store = await open();
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => AT });
    const [anna, next] = [factsOf("anna"), factsOf("anna")];
    await operator.import(anna);
    return { store, operator, anna, next, rotates: () => store.apply(rotateOf(anna.pin, next)) };
  }

  describe(`${kind}: what is said of a name right behind a rotation`, () => {
    it("revokes the successor", async () => {
      const { store: opened, operator, anna, next, rotates } = await scene();
      await using store = opened;
      await Promise.all([rotates(), operator.revoke("anna")]);
      assert.deepEqual(
        [anna, next].map(({ pin }) => store.key(pin)?.state),
        ["revoked", "revoked"],
      );
    });

    it("ignores the successor", async () => {
      const { store: opened, operator, next, rotates } = await scene();
      await using store = opened;
      await Promise.all([rotates(), operator.ignore("anna")]);
      assert.equal(store.key(next.pin)?.state, "ignored");
    });

    it("forgets both keys, so that the name is free", async () => {
      const { store: opened, operator, rotates } = await scene();
      await using store = opened;
      const [, forgotten] = await Promise.all([rotates(), operator.forget("anna")]);
      assert.equal(forgotten.length, 2);
      assert.deepEqual(store.keysOfName("anna"), []);
    });

    it("forgets nothing when other keys were looked at", async () => {
      const { store: opened, operator, rotates } = await scene();
      await using store = opened;
      const seen = store.keysOfName("anna");
      const [, forgotten] = await Promise.allSettled([rotates(), operator.forget("anna", { seen })]);
      assert.equal(forgotten.status === "rejected" && forgotten.reason.code, "ERR_HANDCLASP_CHANGED");
      assert.equal((await operator.forget("anna", { seen: store.keysOfName("anna") })).length, 2);
    });
  });

  describe(`${kind}: what is said of a name that somebody else has by now`, () => {
    it("is about whoever has it, when that is who is called so at that moment", async () => {
      const { store: opened, operator, anna, next } = await scene();
      await using store = opened;
      await operator.import(next, { name: "ben" });
      await Promise.all([
        operator.rename("anna", "anna of old"),
        operator.rename("ben", "anna"),
        operator.addToGroup("lab", "anna"),
        operator.revoke("anna"),
      ]);
      assert.deepEqual(
        [anna, next].map(({ pin }) => store.key(pin)?.state),
        ["trusted", "revoked"],
      );
      assert.equal(store.isMember("lab", "anna"), true);
      assert.equal(store.isMember("lab", "anna of old"), false);
    });

    it("is an error when nobody has it any more, and changes nothing", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      const [, revoked] = await Promise.allSettled([
        operator.rename("anna", "annika"),
        operator.revoke("anna"),
      ]);
      assert.equal(revoked.status === "rejected" && revoked.reason.code, "ERR_HANDCLASP_NOT_FOUND");
      assert.equal(store.key(anna.pin)?.state, "trusted");
    });
  });

  describe(`${kind}: an approval of what was seen`, () => {
    it("fails when the key was pushed out and came back with another claim", async () => {
      const { store: opened, operator } = await scene();
      await using store = opened;
      const bob = factsOf("bob");
      await waits(store, bob);
      const seen = store.key(bob.pin);
      assert.ok(seen);
      await waits(store, factsOf("carl"));
      await waits(store, factsOf("admin", { pin: bob.pin }));
      await assert.rejects(operator.approve(bob.pin, { seen }), (error: Error & { code?: string }) => {
        assert.match(error.message, /claims the name "admin" now/);
        return error.code === "ERR_HANDCLASP_CHANGED";
      });
      const { version = 0 } = store.key(bob.pin) ?? {};
      const other = { version, claimedName: "bob" };
      await assert.rejects(operator.approve(bob.pin, { seen: other, name: "bob" }));
      assert.equal(store.key(bob.pin)?.state, "pending");
      const [approved] = await operator.approve(bob.pin, { seen: { version, claimedName: "admin" } });
      assert.equal(approved?.peer, "admin");
    });

    it("fails when its wait lapsed and it claims another name", async () => {
      const { store: opened, operator } = await scene();
      await using store = opened;
      const bob = factsOf("bob");
      await waits(store, bob);
      const seen = store.key(bob.pin);
      assert.ok(seen);
      await waits(store, factsOf("admin", { pin: bob.pin }), AT + 10);
      await assert.rejects(operator.approve(bob.pin, { seen }), { code: "ERR_HANDCLASP_CHANGED" });
    });

    it("does not lift what an operator decided since", async () => {
      const { store: opened, operator } = await scene();
      await using store = opened;
      const bob = factsOf("bob");
      await waits(store, bob);
      const seen = store.key(bob.pin);
      assert.ok(seen);
      const [, approved] = await Promise.allSettled([
        operator.revoke(bob.pin),
        operator.approve(bob.pin, { seen }),
      ]);
      assert.equal(approved.status, "rejected");
      assert.equal(store.key(bob.pin)?.state, "revoked");
    });

    it("fails when a trusted key claims another name by now, or a name that was not seen", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      const seen = store.key(anna.pin);
      assert.ok(seen);
      const certificate = toSeenCertificate(factsOf("admin", { pin: anna.pin }));
      const actor = { user: null, process: "serve 2", address: "192.0.2.1", listener: null };
      await store.apply({ type: "note-name", at: AT, actor, certificate });
      const now = store.key(anna.pin);
      assert.ok(now);
      for (const stale of [seen, { ...now, claimedName: "anne" }, { ...now, pin: factsOf("anna").pin }]) {
        await assert.rejects(operator.approve("anna", { seen: stale }), { code: "ERR_HANDCLASP_CHANGED" });
      }
      const [approved] = await operator.approve("anna", { seen: now });
      assert.equal(approved?.peer, "admin");
    });
  });
}
