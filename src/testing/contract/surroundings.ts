// What every store promises of what is beside keys, and of groups and refusals that are added up.
import assert from "node:assert/strict";
import { claimOf } from "./claims.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";
import { refusalOf } from "./pages.ts";
import { hold } from "./pending-keys.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

/** Registers this part for one kind of store. */
export function describeSurroundings({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: what is beside keys`, () => {
    it("tells newest certificate, groups, connections and refusals of many keys at once", async () => {
      await using store = await open();
      const [anna, stranger, other] = [factsOf("anna"), factsOf("stranger"), factsOf("other")];
      await store.apply(claimOf(anna, { at: AT }));
      await store.apply(hold(stranger, { at: AT + 1 }));
      await store.apply(claimOf(other, { at: AT + 2 }));
      const again = factsOf("stranger", { pin: stranger.pin });
      await store.apply(hold(again, { at: AT + 3 }));
      for (const group of ["Office", "lab"]) {
        await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group, key: anna.pin });
      }
      const refusals = [
        refusalOf(1, { pin: stranger.pin, reason: "pending", count: 3 }),
        refusalOf(9, { pin: stranger.pin, reason: "pending", listener: "back", count: 4 }),
        refusalOf(5, { pin: randomPin() }),
      ];
      const live = { remoteAddress: null, listener: null, since: AT };
      const opened = ["c1", "c2"].map((id) => ({ id, pin: anna.pin, peer: "anna", ...live }));
      opened.push({ id: "c3", pin: other.pin, peer: "other", ...live });
      await store.record({ seen: [], closed: [], refusals, opened });

      const asked = [stranger.pin, randomPin(), anna.pin];
      const [tried, nobody, known] = await store.surroundings(asked);
      const { certificate, ...rest } = known ?? assert.fail();
      assert.deepEqual(new Uint8Array(certificate ?? []), new Uint8Array(anna.der));
      assert.deepEqual(rest, {
        pin: anna.pin,
        groups: ["lab", "Office"],
        connections: 2,
        refused: 0,
        lastRefusal: null,
      });
      const nothing = { certificate: null, groups: [], connections: 0, refused: 0, lastRefusal: null };
      assert.deepEqual(nobody, { pin: asked[1], ...nothing });
      assert.deepEqual(new Uint8Array(tried?.certificate ?? []), new Uint8Array(again.der));
      assert.deepEqual([tried?.groups, tried?.connections, tried?.refused], [[], 0, 7]);
      assert.partialDeepStrictEqual(tried?.lastRefusal, { listener: "back", lastAt: AT + 9, count: 4 });
      assert.deepEqual(await store.surroundings([]), []);
    });

    it("adds up refusals from a moment on, by reason, and says from how many networks they came", async () => {
      await using store = await open();
      const limited = { reason: "rate-limited", firstAt: AT, lastAt: AT + 1000 } as const;
      await store.record({
        seen: [],
        opened: [],
        closed: [],
        refusals: [
          refusalOf(1, { ...limited, address: "192.0.2.1", count: 10 }),
          refusalOf(2, { ...limited, address: "192.0.2.77", firstAt: AT + 900, count: 5 }),
          refusalOf(3, { ...limited, address: "2001:db8::1", count: 1 }),
          refusalOf(4, { ...limited, address: null, firstAt: AT + 900, count: 2 }),
          refusalOf(5, { reason: "unknown", firstAt: AT, lastAt: AT + 10 }),
          refusalOf(6, { reason: "revoked", firstAt: AT + 500, lastAt: AT + 500, count: 6 }),
        ],
      });
      const tallies = await store.tallyRefusals(AT + 500);
      assert.deepEqual(
        tallies.toSorted((one, other) => (one.reason < other.reason ? -1 : 1)),
        [
          { reason: "rate-limited", count: 5 + 5 + 1 + 2, networks: 3 },
          { reason: "revoked", count: 6, networks: 1 },
        ],
      );
    });

    it("lists groups with how many are in them, and finds them by a part of their names", async () => {
      await using store = await open();
      for (const [number, groups] of [["Lab", "Office"], ["lab"], ["Yard"]].entries()) {
        const facts = factsOf(`peer-${number}`);
        await store.apply(claimOf(facts, { at: AT + number }));
        for (const group of groups) {
          await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group, key: facts.pin });
        }
      }
      const lab = { group: "Lab", groupKey: "lab", members: 2 };
      const office = { group: "Office", groupKey: "office", members: 1 };
      const yard = { group: "Yard", groupKey: "yard", members: 1 };
      assert.deepEqual(await store.listGroups(), { items: [lab, office, yard], next: null });
      const { items, next } = await store.listGroups({ limit: 1 });
      assert.deepEqual(items, [lab]);
      assert.deepEqual((await store.listGroups({ after: next ?? "" })).items, [office, yard]);
      assert.deepEqual((await store.listGroups({ search: "FFI" })).items, [office]);
      assert.deepEqual((await store.listGroups({ search: " " })).items, []);
    });
  });
}
