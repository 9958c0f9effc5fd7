// What every store promises about refusals and sightings.
import assert from "node:assert/strict";
import type { RefusalSighting } from "../../trust/port/ledger.ts";
import { everyRefusal, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { claimOf } from "./claims.ts";

const AT = Date.UTC(2030, 0, 1);

/** Registers this part for one kind of store. */
export function describeRefusals({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: refusals`, () => {
    it("adds refusals up and notes when a key was last seen", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      const refusal = {
        pin: anna.pin,
        reason: "expired",
        detail: null,
        problem: null,
        fingerprint: null,
        peer: "anna",
        address: "192.0.2.7",
        listener: null,
        firstAt: AT,
      } as const;
      await store.record({
        seen: [{ pin: anna.pin, at: AT + 5 }],
        refusals: [{ ...refusal, connection: "c1", lastAt: AT + 6, count: 2 }],
        opened: [],
        closed: [],
      });
      await store.record({
        seen: [{ pin: anna.pin, at: AT + 3 }],
        refusals: [{ ...refusal, connection: "c2", lastAt: AT + 9, count: 1 }],
        opened: [],
        closed: [],
      });
      assert.equal((await store.listKeys()).items[0]?.lastSeen, AT + 5);
      assert.deepEqual(await everyRefusal(store), [
        { ...refusal, connection: "c2", lastAt: AT + 9, count: 3 },
      ]);
    });

    it("adds up what came to each listener, and what a path rule denied as well", async () => {
      await using store = await open();
      const { pin } = factsOf("anna");
      const rest = {
        pin,
        detail: null,
        fingerprint: null,
        peer: "anna",
        address: null,
        firstAt: AT,
        count: 1,
      };
      const at = (listener: string | null, second: number): RefusalSighting => ({
        ...rest,
        reason: "path-not-allowed",
        problem: `the rule for /admin denied GET /admin/${second}`,
        listener,
        connection: `c${second}`,
        lastAt: AT + second,
      });
      const batches = [[at(null, 1), at("web", 2), at("api", 3)], [at("web", 4)]];
      for (const refusals of batches) await store.record({ seen: [], refusals, opened: [], closed: [] });
      assert.deepEqual(await everyRefusal(store), [{ ...at("web", 4), count: 2 }, at("api", 3), at(null, 1)]);
    });

    it("tells certificates without a readable key apart, and keeps the words for what was wrong with each", async () => {
      await using store = await open();
      const refusal = {
        pin: null,
        reason: "malformed-certificate",
        detail: null,
        peer: null,
        address: "192.0.2.7",
        listener: null,
        connection: "c1",
        firstAt: AT,
        count: 1,
      } as const;
      const two = [
        {
          ...refusal,
          fingerprint: "a".repeat(64),
          problem: "certificate.version at byte 4: needs 3",
          lastAt: AT,
        },
        {
          ...refusal,
          fingerprint: "b".repeat(64),
          problem: "certificate at byte 0: needs tag",
          lastAt: AT + 1,
        },
      ];
      await store.record({ seen: [], refusals: two, opened: [], closed: [] });
      const again = { ...refusal, fingerprint: "a".repeat(64), problem: "as before", lastAt: AT + 2 };
      await store.record({ seen: [], refusals: [again], opened: [], closed: [] });
      assert.deepEqual(await everyRefusal(store), [{ ...again, count: 2 }, two[1]]);
    });

    it("keeps at most 10 000 refusals, the newest, and none older than seven days; what had to go is counted", async () => {
      await using store = await open();
      const refusals = Array.from({ length: 10_050 }, (_, index) => ({
        pin: null,
        reason: "unknown" as const,
        detail: null,
        problem: null,
        fingerprint: null,
        peer: null,
        address: `192.0.2.${index}`,
        listener: null,
        connection: `c${index}`,
        firstAt: AT + index,
        lastAt: AT + index,
        count: 1,
      }));
      await store.record({ seen: [], refusals, opened: [], closed: [] });
      const kept = await everyRefusal(store);
      assert.equal(kept.length, 10_000);
      assert.equal(store.stats().dropped.refusals, 50);
      assert.equal(kept[0]?.connection, "c10049");
      const [first] = refusals;
      assert.ok(first);
      const late = { ...first, address: "198.51.100.1", lastAt: AT + 8 * 24 * 3600 * 1000 };
      await store.record({ seen: [], refusals: [late], opened: [], closed: [] });
      assert.equal((await everyRefusal(store)).length, 1);
    });
  });
}
