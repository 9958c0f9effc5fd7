// The whole promise of the TrustStore port: every store runs this suite.
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Change, ClaimChange } from "../../trust/changes/change.ts";
import type { Actor, SealedEvent } from "../../trust/events.ts";
import { parseEvent } from "../../trust/events.ts";
import type { KeyPin } from "../../trust/key-record.ts";
import { nameKey } from "../../trust/peer-name.ts";
import { toSeenCertificate } from "../../trust/trust.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";
import { describeJoinTokens } from "./join-tokens.ts";
import { describeRotations } from "./rotations.ts";

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

function pins(keys: readonly { pin: KeyPin }[]): KeyPin[] {
  return keys.map(({ pin }) => pin);
}

/** Registers the suite for one kind of store. `open` gives a new, empty one. */
export function describeTrustStore(kind: string, open: () => TrustStore): void {
  function opened(): TrustStore {
    const store = open();
    after(() => store.close());
    return store;
  }

  describe(`${kind}: keys`, () => {
    it("knows nothing at first", () => {
      const store = opened();
      assert.equal(store.key(randomPin()), undefined);
      assert.deepEqual(store.keys(), []);
      assert.deepEqual(store.head(), { sequence: 0, hash: "0".repeat(64) });
      assert.equal(store.firstUseOpenUntil(), 0);
    });

    it("binds a free name to the key that claims it, and has it when the claim resolves", async () => {
      const store = opened();
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
      assert.deepEqual(new Uint8Array(store.certificates(anna.pin)[0]?.der ?? []), new Uint8Array(anna.der));
    });

    it("lets exactly one of fifty claims of one name win, and keeps the others as conflicts", async () => {
      const store = opened();
      const rivals = Array.from({ length: 50 }, () => factsOf("anna"));
      const outcomes = await Promise.all(
        rivals.map((rival) => store.apply(claimOf(rival, { maxPending: 100 }))),
      );
      assert.equal(outcomes.filter(({ kind: outcome }) => outcome === "changed").length, 1);
      const [holder] = store.keysOfName("anna");
      const pending = store.keys().filter(({ state }) => state === "pending");
      assert.equal(pending.length, 49);
      assert.ok(pending.every(({ conflictsWith, peer }) => conflictsWith === holder?.pin && peer === null));
    });

    it("answers two claims of one key alike", async () => {
      const store = opened();
      const anna = factsOf("anna");
      const both = await Promise.all([store.apply(claimOf(anna)), store.apply(claimOf(anna))]);
      assert.deepEqual(
        both.map(({ kind: outcome }) => outcome),
        ["changed", "changed"],
      );
      assert.equal(store.head().sequence, 1);
    });

    it("keeps the newest eight certificates of a key", async () => {
      const store = opened();
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
      const kept = store.certificates(anna.pin).map(({ fingerprint }) => fingerprint);
      const newest = renewed.slice(-8).map(({ fingerprint }) => fingerprint);
      assert.deepEqual(kept, newest.toReversed());
      assert.equal(store.key(anna.pin)?.fingerprint, newest.at(-1));
    });

    it("keeps a renewal as the newest although the clock was set back meanwhile", async () => {
      const store = opened();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      const renewed = Array.from({ length: 10 }, () => factsOf("anna", { pin: anna.pin }));
      for (const [index, facts] of renewed.entries()) {
        const certificate = toSeenCertificate(facts);
        await store.apply({ type: "renew", at: AT - index, actor: ACTOR, certificate });
      }
      const kept = store.certificates(anna.pin).map(({ fingerprint }) => fingerprint);
      assert.deepEqual(
        kept,
        renewed
          .map(({ fingerprint }) => fingerprint)
          .slice(-8)
          .toReversed(),
      );
    });

    it("finds keys by fingerprint and by the beginning of a pin", async () => {
      const store = opened();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      await store.apply(claimOf(factsOf("ben")));
      assert.deepEqual(pins(store.keysByFingerprint(anna.fingerprint)), [anna.pin]);
      assert.deepEqual(pins(store.keysByPinPrefix(anna.pin.slice(0, 20))), [anna.pin]);
      assert.deepEqual(pins(store.keysByPinPrefix("sha256:!")), []);
    });
  });

  describe(`${kind}: events`, () => {
    it("chains every change of trust and tells listeners of it in order", async () => {
      const store = opened();
      const told: SealedEvent[] = [];
      store.onEvents((events) => told.push(...events));
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      await store.apply({ type: "revoke", at: AT + 1, actor: ACTOR, key: anna.pin });
      await store.apply({ type: "forget", at: AT + 2, actor: ACTOR, key: anna.pin });
      const types = told.map(({ json }) => parseEvent(json)?.type);
      assert.deepEqual(types, ["met", "revoked", "forgotten"]);
      assert.deepEqual(
        store.events(1, 10).map(({ sequence }) => sequence),
        [2, 3],
      );
      assert.deepEqual(store.check().chain, { head: store.head(), broken: null });
      assert.equal(store.head().hash, told.at(-1)?.hash);
    });

    it("stops telling a listener that has gone", async () => {
      const store = opened();
      let told = 0;
      const stop = store.onEvents(() => told++);
      stop();
      await store.apply(claimOf(factsOf("anna")));
      assert.equal(told, 0);
    });

    it("changes nothing and appends nothing when a change cannot be done", async () => {
      const store = opened();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      const before = store.head();
      const change: Change = { type: "revoke", at: AT, actor: ACTOR, key: randomPin() };
      await assert.rejects(store.apply(change), { code: "ERR_HANDCLASP_NOT_FOUND" });
      assert.equal(store.key(anna.pin)?.state, "trusted");
      assert.deepEqual(store.head(), before);
    });

    it("carries out the others when one change of a tick cannot be done", async () => {
      const store = opened();
      const anna = factsOf("anna");
      const [claimed, revoked] = await Promise.allSettled([
        store.apply(claimOf(anna)),
        store.apply({ type: "revoke", at: AT, actor: ACTOR, key: randomPin() }),
      ]);
      assert.equal(claimed.status, "fulfilled");
      assert.equal(revoked.status, "rejected");
      assert.equal(store.key(anna.pin)?.state, "trusted");
    });
  });

  describe(`${kind}: sightings`, () => {
    it("lists connections until they close, and none of a process that is gone", async () => {
      const store = opened();
      const pin = randomPin();
      const live = { id: "c1", pin, peer: "anna", remoteAddress: "192.0.2.1", listener: null, since: AT };
      await store.record({ seen: [], refusals: [], opened: [live], closed: [] });
      assert.deepEqual(
        store.connections().map(({ id, peer }) => [id, peer]),
        [["c1", "anna"]],
      );
      await store.record({ seen: [], refusals: [], opened: [], closed: ["c1"] });
      assert.deepEqual(store.connections(), []);
    });

    it("leaves a setting alone that somebody else wrote meanwhile", async () => {
      await using store = open();
      await store.putSetting("server", "one", null);
      await assert.rejects(store.putSetting("server", "two", null), { code: "ERR_HANDCLASP_CONFLICT" });
      await assert.rejects(store.putSetting("server", "two", "none"), { code: "ERR_HANDCLASP_CONFLICT" });
      assert.equal(store.setting("server"), "one");
      await store.putSetting("server", "two", "one");
      assert.equal(store.setting("server"), "two");
    });

    it("keeps settings and the window of first use", async () => {
      const store = opened();
      await store.putSetting("server", "one");
      await store.putSetting("server", "two");
      await store.apply({ type: "open-first-use", at: AT, actor: ACTOR, until: AT + 10 });
      assert.equal(store.setting("server"), "two");
      assert.equal(store.setting("other"), undefined);
      assert.equal(store.firstUseOpenUntil(), AT + 10);
    });
  });

  describeJoinTokens(kind, open);
  describeRotations(kind, open);

  describe(`${kind}: closing`, () => {
    it("refuses everything once closed, and closes twice without complaint", async () => {
      const store = open();
      await store.close();
      await store.close();
      assert.throws(() => store.key(randomPin()), { code: "ERR_HANDCLASP_STORE_CLOSED" });
      await assert.rejects(store.apply(claimOf(factsOf("anna"))), { code: "ERR_HANDCLASP_STORE_CLOSED" });
    });

    it("finishes what was handed over before it closes", async () => {
      const store = open();
      const claim = store.apply(claimOf(factsOf("anna")));
      await store.close();
      assert.equal((await claim).kind, "changed");
    });
  });
}
