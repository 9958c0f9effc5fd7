// What every store promises about claims of names, and about certificates.
import assert from "node:assert/strict";
import type { ClaimChange } from "../../trust/records/change.ts";
import type { Actor } from "../../trust/records/events.ts";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { everyKey, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR: Actor = { user: null, process: "test 1", address: "192.0.2.1", listener: null };

export function claimOf(certificate: CertificateFacts, over: Partial<ClaimChange> = {}): ClaimChange {
  return {
    type: "claim",
    at: AT,
    actor: ACTOR,
    peer: certificate.claimedName ?? "nobody",
    source: "first-use",
    certificate: toSeenCertificate(certificate),
    pendingExpires: AT + 1000,
    maxPending: 3,
    ...over,
  };
}

/** Registers this part for one kind of store. */
export function describeClaims({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: claims and renewals`, () => {
    it("binds a free name to the key that claims it, and has it when the claim resolves", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      const key = store.key(anna.pin);
      assert.equal(key?.state, "trusted");
      assert.equal(key.peer, "anna");
      assert.equal(key.firstSeen, AT);
      assert.deepEqual(
        store.keysOfName(nameKey("ANNA")).map(({ pin }) => pin),
        [anna.pin],
      );
      assert.deepEqual(
        new Uint8Array((await store.listCertificates(anna.pin))[0]?.der ?? []),
        new Uint8Array(anna.der),
      );
    });

    it("lets exactly one of fifty claims of one name win, and keeps the others as conflicts", async () => {
      await using store = await open();
      const rivals = Array.from({ length: 50 }, () => factsOf("anna"));
      const outcomes = await Promise.all(
        rivals.map((rival) => store.apply(claimOf(rival, { maxPending: 100 }))),
      );
      assert.equal(outcomes.filter(({ kind: outcome }) => outcome === "changed").length, 1);
      const [holder] = store.keysOfName("anna");
      const pending = (await everyKey(store)).filter(({ state }) => state === "pending");
      assert.equal(pending.length, 49);
      assert.ok(pending.every(({ conflictsWith, peer }) => conflictsWith === holder?.pin && peer === null));
    });

    it("answers two claims of one key alike", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      const both = await Promise.all([store.apply(claimOf(anna)), store.apply(claimOf(anna))]);
      assert.deepEqual(
        both.map(({ kind: outcome }) => outcome),
        ["changed", "changed"],
      );
      assert.equal(store.head().sequence, 1);
    });

    it("keeps the newest eight certificates of a key", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      const renewed = Array.from({ length: 10 }, () => factsOf("anna", { pin: anna.pin }));
      for (const [index, facts] of renewed.entries()) {
        await store.apply({
          type: "renew",
          at: AT + 1 + index,
          actor: ACTOR,
          certificate: toSeenCertificate(facts),
        });
      }
      const kept = (await store.listCertificates(anna.pin)).map(({ fingerprint }) => fingerprint);
      const newest = renewed.slice(-8).map(({ fingerprint }) => fingerprint);
      assert.deepEqual(kept, newest.toReversed());
      assert.equal(store.key(anna.pin)?.fingerprint, newest.at(-1));
    });

    it("keeps a renewal as the newest although the clock was set back meanwhile", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      const renewed = Array.from({ length: 10 }, () => factsOf("anna", { pin: anna.pin }));
      for (const [index, facts] of renewed.entries()) {
        const certificate = toSeenCertificate(facts);
        await store.apply({ type: "renew", at: AT - index, actor: ACTOR, certificate });
      }
      const kept = (await store.listCertificates(anna.pin)).map(({ fingerprint }) => fingerprint);
      assert.deepEqual(
        kept,
        renewed
          .map(({ fingerprint }) => fingerprint)
          .slice(-8)
          .toReversed(),
      );
    });
  });
}
