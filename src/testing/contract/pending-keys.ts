// The part of the TrustStore promise that is about pending keys: `trust-store.ts` runs it for every store.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Change } from "../../trust/changes/change.ts";
import { toSeenCertificate } from "../../trust/trust.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { factsOf } from "./made-up-certificates.ts";
import { claimOf } from "./trust-store.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: null, process: "test 1", address: "192.0.2.1", listener: null };

export function hold(certificate: CertificateFacts, over: { at?: number } = {}): Change {
  const at = over.at ?? AT;
  const seen = toSeenCertificate(certificate);
  const limits = { conflictsWith: null, pendingExpires: at + 1000, maxPending: 3 };
  return { type: "hold", at, actor: ACTOR, peer: seen.claimedName, certificate: seen, ...limits };
}

/** Registers the suite for one kind of store. `open` gives a new, empty one. */
export function describePendingKeys(kind: string, open: () => TrustStore): void {
  function opened(): TrustStore {
    const store = open();
    after(() => store.close());
    return store;
  }

  describe(`${kind}: pending keys`, () => {
    it("drops the oldest pending key when there are too many, and never a reviewed one", async () => {
      const store = opened();
      const trusted = factsOf("anna");
      await store.apply(claimOf(trusted));
      const strangers = Array.from({ length: 5 }, (_, index) => factsOf(`stranger-${index}`));
      for (const [index, facts] of strangers.entries()) await store.apply(hold(facts, { at: AT + index }));
      const left = store.keys().map(({ pin }) => pin);
      assert.deepEqual(new Set(left), new Set([trusted.pin, ...strangers.slice(2).map(({ pin }) => pin)]));
      assert.equal(store.stats().dropped.pendingKeys, 2);
    });

    it("drops lapsed pending keys when another one comes", async () => {
      const store = opened();
      const old = factsOf("old");
      await store.apply(hold(old));
      await store.apply(hold(factsOf("new"), { at: AT + 2000 }));
      assert.equal(store.key(old.pin), undefined);
      assert.deepEqual(store.certificates(old.pin), []);
    });

    it("keeps one certificate of a pending key, the last one", async () => {
      const store = opened();
      const stranger = factsOf("stranger");
      await store.apply(hold(stranger));
      const again = factsOf("stranger", { pin: stranger.pin });
      await store.apply(hold(again));
      const kept = store.certificates(stranger.pin).map(({ fingerprint }) => fingerprint);
      assert.deepEqual(kept, [again.fingerprint]);
      assert.equal(store.key(stranger.pin)?.fingerprint, again.fingerprint);
    });

    it("leaves pending keys out of the audit chain", async () => {
      const store = opened();
      await store.apply(hold(factsOf("stranger")));
      assert.equal(store.head().sequence, 0);
    });
  });
}
