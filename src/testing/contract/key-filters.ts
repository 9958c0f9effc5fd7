// What every store promises of the list of keys when more than a text is asked for.
import assert from "node:assert/strict";
import type { KeyPin } from "../../trust/records/key-record.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { KeyFilter } from "../../trust/port/roll.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { claimOf } from "./claims.ts";
import { factsOf } from "./made-up-certificates.ts";
import { hold } from "./pending-keys.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

interface Scene {
  readonly store: TrustStore;
  readonly names: ReadonlyMap<KeyPin, string>;
}

/** Registers this part for one kind of store. */
export function describeKeyFilters({ kind, open, describe, it }: StoreSuite): void {
  /** Each was met after the one before, and ben never; anna was seen last. */
  async function scene(): Promise<Scene> {
    const store = await open();
    const names = ["anna", "eve", "carl", "stranger", "ben"];
    const facts = names.map((name) => factsOf(name));
    const pins = facts.map(({ pin }) => pin);
    const [anna, eve, carl, stranger, ben] = facts;
    assert.ok(anna && eve && carl && stranger && ben);
    for (const [index, met] of [anna, eve, carl].entries()) {
      await store.apply(claimOf(met, { at: AT + index, source: met === carl ? "ca" : "first-use" }));
    }
    await store.apply({ type: "revoke", at: AT, actor: ACTOR, key: eve.pin });
    await store.apply(hold(stranger, { at: AT + 4 }));
    const how = { peer: null, onConflict: "fail", certificate: toSeenCertificate(ben) } as const;
    await store.apply({ type: "import", at: AT, actor: ACTOR, ...how });
    for (const [group, ...members] of [
      ["Lab", anna, carl, eve],
      ["Office", ben, anna],
    ] as const) {
      for (const { pin } of members) {
        await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group, key: pin });
      }
    }
    const seen = [
      { pin: anna.pin, at: AT + 9000 },
      { pin: eve.pin, at: AT + 5000 },
      { pin: carl.pin, at: AT + 7000 },
    ];
    await store.record({ seen, refusals: [], opened: [], closed: [] });
    return { store, names: new Map(pins.map((pin, at) => [pin, names[at] ?? ""])) };
  }

  const EVERYBODY = ["anna", "eve", "carl", "stranger", "ben"];
  const CASES: readonly (readonly [KeyFilter, readonly string[]])[] = [
    [{ state: ["trusted", "pending"] }, ["anna", "carl", "stranger", "ben"]],
    [{ state: ["revoked", "pending", "ignored"] }, ["eve", "stranger"]],
    [{ state: ["revoked"] }, ["eve"]],
    [{ state: [] }, []],
    [{ source: "ca" }, ["carl"]],
    [{ source: ["ca", "import"], state: "trusted" }, ["carl", "ben"]],
    [{ source: ["rotation"] }, []],
    [{ groups: ["lab"] }, ["anna", "eve", "carl"]],
    [{ groups: ["lab"], state: "trusted" }, ["anna", "carl"]],
    [{ groups: ["lab", "office"] }, ["anna"]],
    [{ groups: ["office"], notGroups: ["lab"] }, ["ben"]],
    [{ groups: ["nobody's"] }, []],
    [{ groups: [] }, EVERYBODY],
    [{ notGroups: ["lab"] }, ["stranger", "ben"]],
    [{ notGroups: ["lab", "office", "nobody's"] }, ["stranger"]],
    [{ groups: ["lab"], search: "anna" }, ["anna"]],
    [{ groups: ["lab"], search: "nobody" }, []],
    [{ seenSince: AT + 7000 }, ["anna", "carl"]],
    [{ seenSince: AT + 7001 }, ["anna"]],
    [{ seenBefore: AT + 7000 }, ["eve", "stranger", "ben"]],
    [{ seenBefore: 0 }, ["ben"]],
    [{ seenSince: 0 }, ["anna", "eve", "carl", "stranger"]],
    [{ seenBefore: Infinity }, EVERYBODY],
    [{ seenSince: Infinity }, []],
    [{ seenSince: AT + 5000, seenBefore: AT + 9000 }, ["eve", "carl"]],
    [{ seenSince: AT, state: "revoked" }, ["eve"]],
    [{ seenBefore: AT + 6000, search: "strang" }, ["stranger"]],
    [{ state: "revoked", search: "192.0.2" }, ["eve"]],
    [{ state: "trusted", source: "first-use", groups: ["lab"], seenSince: AT, search: "anna" }, ["anna"]],
  ];

  describe(`${kind}: which keys are listed`, () => {
    it("finds keys by states, sources, groups and by when they were seen, all of it together", async () => {
      const all = await scene();
      await using store = all.store;
      assert.deepEqual(await found(all, {}), EVERYBODY);
      for (const [filter, names] of CASES) {
        assert.deepEqual(await found(all, filter), names, JSON.stringify(filter));
      }
      assert.equal((await store.listKeys({ seenBefore: 0 })).items[0]?.lastSeen, null);
    });

    it("reads on within what is asked for", async () => {
      const all = await scene();
      await using store = all.store;
      for (const [filter, names] of CASES) {
        const read: string[] = [];
        let page: KeyFilter | undefined = { ...filter, limit: 1 };
        while (page !== undefined) {
          const { items, next } = await store.listKeys(page);
          read.push(...items.map(({ pin }) => all.names.get(pin) ?? pin));
          page = next === null ? undefined : { ...page, after: next };
        }
        assert.deepEqual(read, names, JSON.stringify(filter));
      }
    });

    it("takes no moment that is none", async () => {
      await using store = await open();
      for (const moment of [Number.NaN, "yesterday" as unknown as number]) {
        for (const filter of [{ seenBefore: moment }, { seenSince: moment }]) {
          await assert.rejects(store.listKeys(filter), { code: "ERR_HANDCLASP_OPTION" });
        }
      }
    });
  });
}

async function found({ store, names }: Scene, filter: KeyFilter): Promise<readonly string[]> {
  const { items } = await store.listKeys(filter);
  return items.map(({ pin }) => names.get(pin) ?? pin);
}
