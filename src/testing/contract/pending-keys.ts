// What every store promises about pending keys.
import assert from "node:assert/strict";
import type { Change } from "../../trust/records/change.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { everyKey, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { claimOf } from "./claims.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: null, process: "test 1", address: "192.0.2.1", listener: null };

export function hold(certificate: CertificateFacts, over: { at?: number } = {}): Change {
  const at = over.at ?? AT;
  const seen = toSeenCertificate(certificate);
  const limits = { conflictsWith: null, pendingExpires: at + 1000, maxPending: 3 };
  return { type: "hold", at, actor: ACTOR, peer: seen.claimedName, certificate: seen, ...limits };
}

/** Registers this part for one kind of store. */
export function describePendingKeys({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: pending keys`, () => {
    it("drops the oldest pending key when there are too many, and never a reviewed one", async () => {
      await using store = await open();
      const trusted = factsOf("anna");
      await store.apply(claimOf(trusted));
      const strangers = Array.from({ length: 5 }, (_, index) => factsOf(`stranger-${index}`));
      for (const [index, facts] of strangers.entries()) await store.apply(hold(facts, { at: AT + index }));
      const left = (await everyKey(store)).map(({ pin }) => pin);
      assert.deepEqual(new Set(left), new Set([trusted.pin, ...strangers.slice(2).map(({ pin }) => pin)]));
      assert.equal(store.stats().dropped.pendingKeys, 2);
    });

    it("drops lapsed pending keys when another one comes", async () => {
      await using store = await open();
      const old = factsOf("old");
      await store.apply(hold(old));
      await store.apply(hold(factsOf("new"), { at: AT + 2000 }));
      assert.equal(store.key(old.pin), undefined);
      assert.deepEqual(await store.listCertificates(old.pin), []);
    });

    it("keeps one certificate of a pending key, the last one", async () => {
      await using store = await open();
      const stranger = factsOf("stranger");
      await store.apply(hold(stranger));
      const again = factsOf("stranger", { pin: stranger.pin });
      await store.apply(hold(again));
      const kept = (await store.listCertificates(stranger.pin)).map(({ fingerprint }) => fingerprint);
      assert.deepEqual(kept, [again.fingerprint]);
      assert.equal(store.key(stranger.pin)?.fingerprint, again.fingerprint);
    });

    it("leaves pending keys out of the audit chain", async () => {
      await using store = await open();
      await store.apply(hold(factsOf("stranger")));
      assert.equal(store.head().sequence, 0);
    });
  });
}
