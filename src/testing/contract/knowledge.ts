// What every store promises as `Knowledge`.
import assert from "node:assert/strict";
import { nameKey } from "../../trust/naming/peer-name.ts";
import { claimOf } from "./claims.ts";
import { createTokenOf } from "./join-tokens.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

/** Registers this part for one kind of store. */
export function describeKnowledge({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: what it knows`, () => {
    it("is nothing at first", async () => {
      await using store = await open();
      assert.equal(store.key(randomPin()), undefined);
      assert.deepEqual(store.keysOfName("anna"), []);
      assert.equal(store.isForgotten(randomPin()), false);
      assert.equal(store.token("ff".repeat(16)), undefined);
      assert.deepEqual(store.groupsOf("anna"), []);
      assert.equal(store.isMember("lab", "anna"), false);
      assert.equal(store.firstUseWindow(), null);
    });

    it("is a key by its pin, with its folds, where it came from and a version", async () => {
      await using store = await open();
      const anna = factsOf("Anna");
      await store.apply(claimOf(anna));
      const { version, ...key } = store.key(anna.pin) ?? assert.fail("no key");
      assert.ok(Number.isInteger(version));
      assert.deepEqual(key, {
        pin: anna.pin,
        state: "trusted",
        peer: "Anna",
        nameKey: "anna",
        claimedName: "Anna",
        claimedKey: "anna",
        newName: null,
        newKey: null,
        source: "first-use",
        fingerprint: anna.fingerprint,
        firstSeen: AT,
        firstAddress: "192.0.2.1",
        expires: null,
        conflictsWith: null,
        staleSeen: false,
        endorsesFrom: 0,
        note: null,
      });
    });

    it("are the keys of a name in whatever state but pending, the longest known first", async () => {
      await using store = await open();
      const [first, second, stranger] = [factsOf("anna"), factsOf("anna"), factsOf("anna")];
      await store.apply(claimOf(first));
      const certificate = claimOf(second).certificate;
      const approval = { peer: null, onConflict: "add" } as const;
      await store.apply({ type: "import", at: AT + 1, actor: ACTOR, certificate, ...approval });
      await store.apply(claimOf(stranger));
      await store.apply({ type: "revoke", at: AT + 2, actor: ACTOR, key: second.pin });
      const states = store.keysOfName(nameKey("ANNA")).map(({ pin, state }) => [pin, state]);
      assert.deepEqual(states, [
        [first.pin, "trusted"],
        [second.pin, "revoked"],
      ]);
    });

    it("is that a key was forgotten, and what else was decided, as soon as that is acknowledged", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      assert.equal(store.key(anna.pin)?.state, "trusted");
      await store.apply({ type: "revoke", at: AT + 1, actor: ACTOR, key: anna.pin });
      assert.equal(store.key(anna.pin)?.state, "revoked");
      await store.apply({ type: "forget", at: AT + 2, actor: ACTOR, key: anna.pin });
      assert.equal(store.key(anna.pin), undefined);
      assert.deepEqual(store.keysOfName("anna"), []);
      assert.equal(store.isForgotten(anna.pin), true);
    });

    it("are tokens by their ids", async () => {
      await using store = await open();
      const change = createTokenOf("Anna");
      await store.apply(change);
      assert.partialDeepStrictEqual(store.token(change.token.id), {
        peer: "Anna",
        nameKey: "anna",
        usedAt: null,
      });
    });

    it("are the groups of a peer, as they were named, in the order of their folded names", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      for (const group of ["zoo", "Lab", "admins"]) {
        await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group, key: anna.pin });
      }
      assert.deepEqual(store.groupsOf("anna"), ["admins", "Lab", "zoo"]);
      assert.deepEqual([store.isMember("lab", "anna"), store.isMember("lab", "bert")], [true, false]);
    });

    it("is which window of first use was opened last, and with what rails, until it is closed", async () => {
      await using store = await open();
      const origin = { at: AT, actor: ACTOR };
      const opened = { until: AT + 10, max: 3, from: "192.0.2.0/24" };
      await store.apply({ type: "open-first-use", ...origin, until: AT + 10 });
      assert.deepEqual(store.firstUseWindow(), { event: 1, until: AT + 10, max: null, from: null, taken: 0 });
      await store.apply({ type: "open-first-use", ...origin, ...opened });
      assert.deepEqual(store.firstUseWindow(), { event: 2, ...opened, taken: 0 });
      await store.apply({ type: "open-first-use", ...origin, until: AT });
      assert.equal(store.firstUseWindow(), null);
    });
  });
}
