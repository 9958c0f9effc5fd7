// What every store promises as `Desk`.
import assert from "node:assert/strict";
import type { SightingBatch } from "../../trust/port/ledger.ts";
import { claimOf } from "./claims.ts";
import { factsOf } from "./made-up-certificates.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };
const NOTHING: SightingBatch = { seen: [], refusals: [], opened: [], closed: [] };

/** Registers this part for one kind of store. */
export function describeDesk({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: operators at work`, () => {
    it("are remembered by when one looked at a key last, which is no event and no other version", async () => {
      await using store = await open();
      const [anna, ben] = [factsOf("anna"), factsOf("ben")];
      await store.apply(claimOf(anna));
      const [head, version] = [store.head(), store.key(anna.pin)?.version];
      assert.equal(store.lookedAt(anna.pin), null);
      await store.record({ ...NOTHING, looked: [{ pin: anna.pin, at: AT + 5 }] });
      await store.record({
        ...NOTHING,
        looked: [
          { pin: anna.pin, at: AT + 2 },
          { pin: ben.pin, at: AT },
        ],
      });
      assert.deepEqual([store.lookedAt(anna.pin), store.lookedAt(ben.pin)], [AT + 5, null]);
      assert.deepEqual([store.head(), store.key(anna.pin)?.version], [head, version]);
    });

    it("looked at no key that was forgotten and came again", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      await store.record({ ...NOTHING, looked: [{ pin: anna.pin, at: AT }] });
      await store.apply({ type: "forget", at: AT + 1, actor: ACTOR, key: anna.pin });
      assert.equal(store.lookedAt(anna.pin), null);
      await store.apply(claimOf(anna, { at: AT + 2 }));
      assert.equal(store.lookedAt(anna.pin), null);
    });
  });
}
