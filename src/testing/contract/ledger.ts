// What every store promises as `Ledger`, whichever changes are written; what each change does is said in parts of its own.
import assert from "node:assert/strict";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { Change } from "../../trust/records/change.ts";
import { parseEvent, type SealedEvent } from "../../trust/records/events.ts";
import type { SightingBatch } from "../../trust/port/ledger.ts";
import { claimOf } from "./claims.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";
import { everyEvent, everyKey, type StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: null, process: "test 1", address: "192.0.2.1", listener: null };
const NOTHING: SightingBatch = { seen: [], refusals: [], opened: [], closed: [] };
const EMPTY = { sequence: 0, hash: "0".repeat(64) };

/** Registers this part for one kind of store. */
export function describeLedger({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: changes`, () => {
    it("chain an event for each that changed trust, and tell listeners of them in order", async () => {
      await using store = await open();
      assert.deepEqual(store.head(), EMPTY);
      const told: SealedEvent[] = [];
      store.onEvents((events) => told.push(...events));
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      await store.apply({ type: "revoke", at: AT + 1, actor: ACTOR, key: anna.pin });
      await store.apply({ type: "forget", at: AT + 2, actor: ACTOR, key: anna.pin });
      const types = told.map(({ json }) => parseEvent(json)?.type);
      assert.deepEqual(types, ["met", "revoked", "forgotten"]);
      const { items } = await store.listEvents({ after: "1" });
      assert.deepEqual(
        items.map(({ sequence }) => sequence),
        [2, 3],
      );
      assert.deepEqual(store.head(), { sequence: 3, hash: told.at(-1)?.hash });
    });

    it("make another revision, as does whatever else is written, and reading does not", async () => {
      await using store = await open();
      const revisions = [store.revision()];
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      revisions.push(store.revision());
      await store.record({ ...NOTHING, seen: [{ pin: anna.pin, at: AT + 1 }] });
      revisions.push(store.revision());
      await store.putSetting("colour", "green");
      revisions.push(store.revision());
      assert.deepEqual(
        revisions,
        [...new Set(revisions)].toSorted((one, other) => one - other),
      );
      await store.listKeys();
      store.key(anna.pin);
      assert.equal(store.revision(), revisions.at(-1));
    });

    it("are not told to a listener that has gone", async () => {
      await using store = await open();
      let told = 0;
      const stop = store.onEvents(() => told++);
      stop();
      await store.apply(claimOf(factsOf("anna")));
      assert.equal(told, 0);
    });

    it("say what keys are like now, and mean them by pin, fingerprint, key id or name", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      for (const [at, key] of [anna.pin, anna.fingerprint, toKeyId(anna.pin), "ANNA"].entries()) {
        const change = { at: AT + at, actor: ACTOR, key } as const;
        const revoked = await store.apply({ type: "revoke", ...change });
        assert.partialDeepStrictEqual(revoked, {
          kind: "changed",
          keys: [{ pin: anna.pin, state: "revoked" }],
        });
        await store.apply({ type: "approve", ...change, key: anna.pin, peer: null, onConflict: "fail" });
      }
    });

    it("leave and append nothing when they cannot be done", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      const before = store.head();
      const change: Change = { type: "revoke", at: AT, actor: ACTOR, key: randomPin() };
      await assert.rejects(store.apply(change), { code: "ERR_HANDCLASP_NOT_FOUND" });
      assert.equal(store.key(anna.pin)?.state, "trusted");
      assert.deepEqual(store.head(), before);
    });

    it("are carried out when another one of the same tick cannot be", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      const [claimed, revoked] = await Promise.allSettled([
        store.apply(claimOf(anna)),
        store.apply({ type: "revoke", at: AT, actor: ACTOR, key: randomPin() }),
      ]);
      assert.deepEqual([claimed.status, revoked.status], ["fulfilled", "rejected"]);
      assert.equal(store.key(anna.pin)?.state, "trusted");
    });

    it("are tried out without a trace, and come to what they come to afterwards", async () => {
      await using store = await open();
      const told: SealedEvent[] = [];
      store.onEvents((events) => told.push(...events));
      const anna = factsOf("anna");
      const tried = await store.tryOut(claimOf(anna));
      assert.partialDeepStrictEqual(tried, { kind: "changed", keys: [{ pin: anna.pin, state: "trusted" }] });
      assert.deepEqual(await everyKey(store), []);
      assert.deepEqual([store.head(), told], [EMPTY, []]);
      assert.deepEqual(await store.apply(claimOf(anna)), tried);
      const unknown = { type: "revoke", at: AT, actor: ACTOR, key: randomPin() } as const;
      await assert.rejects(store.tryOut(unknown), { code: "ERR_HANDCLASP_NOT_FOUND" });
      assert.equal((await everyEvent(store)).length, 1);
    });

    it("give keys another version each time they are another, and never one that any had before", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      const versions: (number | undefined)[] = [];
      const noted = (): void => void versions.push(store.key(anna.pin)?.version);
      await store.apply(claimOf(anna));
      noted();
      await store.apply({ type: "revoke", at: AT + 1, actor: ACTOR, key: anna.pin });
      noted();
      await store.apply({ type: "forget", at: AT + 2, actor: ACTOR, key: anna.pin });
      await store.apply(claimOf(anna, { at: AT + 3 }));
      noted();
      const grown = versions.toSorted((one, other) => Number(one) - Number(other));
      assert.deepEqual(versions, grown);
      assert.equal(new Set(versions).size, 3);
      await store.record({ seen: [{ pin: anna.pin, at: AT + 9 }], refusals: [], opened: [], closed: [] });
      assert.equal(store.key(anna.pin)?.version, versions.at(-1));
    });
  });

  describe(`${kind}: settings`, () => {
    it("are what was written last", async () => {
      await using store = await open();
      await store.putSetting("server", "one");
      await store.putSetting("server", "two");
      assert.equal(store.setting("server"), "two");
      assert.equal(store.setting("other"), undefined);
    });

    it("are left alone when somebody else wrote them meanwhile", async () => {
      await using store = await open();
      await store.putSetting("server", "one", null);
      await assert.rejects(store.putSetting("server", "two", null), { code: "ERR_HANDCLASP_CONFLICT" });
      await assert.rejects(store.putSetting("server", "two", "none"), { code: "ERR_HANDCLASP_CONFLICT" });
      assert.equal(store.setting("server"), "one");
      await store.putSetting("server", "two", "one");
      assert.equal(store.setting("server"), "two");
    });
  });
}
