// What every store promises as `Roll`.
import assert from "node:assert/strict";
import { toKeyId } from "../../trust/naming/key-id.ts";
import type { KeyPin } from "../../trust/records/key-record.ts";
import type { Page } from "../../trust/port/page.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { claimOf } from "./claims.ts";
import { createTokenOf } from "./join-tokens.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";
import { hold } from "./pending-keys.ts";
import { refusalOf } from "./pages.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };
const NOTHING = { seen: [], refusals: [], opened: [], closed: [] };

function pinsOf({ items }: Page<{ readonly pin: KeyPin | null }>): readonly (KeyPin | null)[] {
  return items.map(({ pin }) => pin);
}

/** Registers this part for one kind of store. */
export function describeRoll({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: the list of keys`, () => {
    it("has those last that were brought and never met, and says when each was seen", async () => {
      await using store = await open();
      const [anna, brought] = [factsOf("anna"), factsOf("brought")];
      const { certificate } = claimOf(brought);
      const approval = { peer: null, onConflict: "fail" } as const;
      await store.apply({ type: "import", at: AT, actor: ACTOR, certificate, ...approval });
      await store.apply(claimOf(anna, { at: AT + 1 }));
      await store.record({ ...NOTHING, seen: [{ pin: anna.pin, at: AT + 9 }] });
      const { items } = await store.listKeys();
      assert.deepEqual(
        items.map(({ pin, lastSeen }) => [pin, lastSeen]),
        [
          [anna.pin, AT + 9],
          [brought.pin, null],
        ],
      );
    });

    it("is of one state, of some keys, or of what a search finds", async () => {
      await using store = await open();
      const [anna, bert, stranger] = [factsOf("Anna Example"), factsOf("bert"), factsOf("Joanna")];
      await store.apply(claimOf(anna, { at: AT }));
      await store.apply(claimOf(bert, { at: AT + 1, actor: { ...ACTOR, address: "198.51.100.7" } }));
      await store.apply(hold(stranger, { at: AT + 2 }));
      await store.record({
        ...NOTHING,
        refusals: [refusalOf(9, { pin: stranger.pin, address: "203.0.113.9" })],
      });
      assert.deepEqual(pinsOf(await store.listKeys({ state: "pending" })), [stranger.pin]);
      assert.deepEqual(pinsOf(await store.listKeys({ pins: [bert.pin, randomPin()] })), [bert.pin]);
      for (const [search, found] of [
        ["ANNA", [anna, stranger]],
        ["anna  ex", [anna]],
        [bert.pin.slice(10, 30), [bert]],
        [toKeyId(bert.pin).slice(0, 15), [bert]],
        ["198.51.100", [bert]],
        ["203.0.113.9", [stranger]],
        ["nobody", []],
        ["  ", []],
      ] as const) {
        const pins = found.map(({ pin }) => pin);
        assert.deepEqual(pinsOf(await store.listKeys({ search })), pins, search);
      }
    });
  });

  describe(`${kind}: the list of events`, () => {
    it("is of a time, a type, or of some keys and peers", async () => {
      await using store = await open();
      const [anna, bert] = [factsOf("anna"), factsOf("bert")];
      await store.apply(claimOf(anna, { at: AT }));
      await store.apply(claimOf(bert, { at: AT + 10 }));
      await store.apply({ type: "revoke", at: AT + 20, actor: ACTOR, key: anna.pin });
      await store.apply({ type: "add-to-group", at: AT + 30, actor: ACTOR, group: "lab", key: bert.pin });
      const sequences = async (filter: Parameters<TrustStore["listEvents"]>[0]): Promise<readonly number[]> =>
        (await store.listEvents(filter)).items.map(({ sequence }) => sequence);
      assert.deepEqual(await sequences({ since: AT + 10 }), [2, 3, 4]);
      assert.deepEqual(await sequences({ until: AT + 20 }), [1, 2]);
      assert.deepEqual(await sequences({ since: AT + 10, until: AT + 20 }), [2]);
      assert.deepEqual(await sequences({ type: "met" }), [1, 2]);
      assert.deepEqual(await sequences({ about: [anna.pin] }), [1, 3]);
      assert.deepEqual(await sequences({ about: [bert.pin, "bert"] }), [2, 4]);
      assert.deepEqual(await sequences({ about: [anna.pin], type: "revoked" }), [3]);
      assert.deepEqual(await sequences({ search: "ann" }), [1, 3]);
      assert.deepEqual(await sequences({ after: "3" }), [4]);
    });

    it("has the newest first where that is asked for, in pages too", async () => {
      await using store = await open();
      const [anna, bert] = [factsOf("anna"), factsOf("bert")];
      for (const facts of [anna, bert]) await store.apply(claimOf(facts, { at: AT }));
      for (const at of [AT + 10, AT + 20, AT + 30]) {
        const groups = { type: "add-to-group", at, actor: ACTOR, group: `g${at}`, key: bert.pin } as const;
        await store.apply(groups);
      }
      const newestFirst = true;
      const pages = async (filter: Parameters<TrustStore["listEvents"]>[0]): Promise<readonly number[][]> => {
        const found: number[][] = [];
        let next: string | null | undefined;
        while (next !== null) {
          const page = await store.listEvents({ ...filter, ...(next !== undefined && { after: next }) });
          found.push(page.items.map(({ sequence }) => sequence));
          next = page.next;
        }
        return found;
      };
      assert.deepEqual(await pages({ newestFirst }), [[5, 4, 3, 2, 1]]);
      assert.deepEqual(await pages({ newestFirst, limit: 2 }), [[5, 4], [3, 2], [1]]);
      assert.deepEqual(await pages({ newestFirst, limit: 2, about: ["bert", bert.pin] }), [
        [5, 4],
        [3, 2],
      ]);
      assert.deepEqual(await pages({ newestFirst, limit: 1, type: "met" }), [[2], [1]]);
      assert.deepEqual(await pages({ newestFirst, limit: 1, about: [anna.pin] }), [[1]]);
      assert.deepEqual(await pages({ newestFirst, limit: 2, since: AT + 10, until: AT + 30 }), [[4, 3]]);
      assert.deepEqual(await pages({ newestFirst, search: "ann" }), [[1]]);
    });

    it("keeps its order by time where a clock was set back", async () => {
      await using store = await open();
      await store.apply(claimOf(factsOf("anna"), { at: AT + 100 }));
      await store.apply(claimOf(factsOf("bert"), { at: AT }));
      const { items } = await store.listEvents({ since: AT + 100 });
      assert.deepEqual(
        items.map(({ sequence }) => sequence),
        [1, 2],
      );
    });
  });

  describe(`${kind}: the list of refusals`, () => {
    it("is of a time, a reason, a listener, a network, a connection, keys or peers, or of what a search finds", async () => {
      await using store = await open();
      const pin = randomPin();
      const refusals = [
        refusalOf(1, { pin, reason: "revoked", peer: "Anna" }),
        refusalOf(2, { listener: "web", fingerprint: "ab".repeat(32) }),
        refusalOf(3, { address: "2001:db8::1" }),
      ];
      await store.record({ ...NOTHING, refusals });
      const connections = async (
        filter: Parameters<TrustStore["listRefusals"]>[0],
      ): Promise<readonly string[]> =>
        (await store.listRefusals(filter)).items.map(({ connection }) => connection);
      assert.deepEqual(await connections({ since: AT + 2 }), ["c3", "c2"]);
      assert.deepEqual(await connections({ until: AT + 2 }), ["c1"]);
      assert.deepEqual(await connections({ reason: "revoked" }), ["c1"]);
      assert.deepEqual(await connections({ listener: "web" }), ["c2"]);
      assert.deepEqual(await connections({ network: "192.0.2.0/24" }), ["c2", "c1"]);
      assert.deepEqual(await connections({ network: "2001:db8::1" }), ["c3"]);
      assert.deepEqual(await connections({ connection: "c3" }), ["c3"]);
      assert.deepEqual(await connections({ fingerprint: "ab".repeat(32) }), ["c2"]);
      assert.deepEqual(await connections({ of: { pins: [pin], peers: [] } }), ["c1"]);
      assert.deepEqual(await connections({ of: { pins: [], peers: ["anna"] } }), ["c1"]);
      assert.deepEqual(await connections({ search: "ANN" }), ["c1"]);
      assert.deepEqual(await connections({ search: "db8" }), ["c3"]);
      await assert.rejects(async () => store.listRefusals({ network: "nowhere" }), {
        code: "ERR_HANDCLASP_OPTION",
      });
    });
  });

  describe(`${kind}: other lists`, () => {
    it("have connections until they close, the longest open first", async () => {
      await using store = await open();
      const live = { pin: randomPin(), peer: "anna", remoteAddress: "192.0.2.1", listener: "web" } as const;
      const opened = [
        { ...live, id: "c2", since: AT + 2 },
        { ...live, id: "c1", since: AT + 1 },
      ];
      await store.record({ ...NOTHING, opened });
      const { items } = await store.listConnections();
      assert.deepEqual(
        items.map(({ id, peer, listener, remoteAddress }) => [id, peer, listener, remoteAddress]),
        [
          ["c1", "anna", "web", "192.0.2.1"],
          ["c2", "anna", "web", "192.0.2.1"],
        ],
      );
      assert.equal(new Set(items.map(({ run }) => run)).size, 1);
      assert.deepEqual((await store.listConnections({ search: "c2" })).items.length, 1);
      await store.record({ ...NOTHING, closed: ["c1"] });
      assert.deepEqual(
        (await store.listConnections()).items.map(({ id }) => id),
        ["c2"],
      );
    });

    it("have tokens, the newest first, by parts of their names and ids", async () => {
      await using store = await open();
      const [older, newer] = [
        createTokenOf("Anna", { id: "aa".repeat(16) }),
        createTokenOf("bert", { id: "bb".repeat(16) }),
      ];
      await store.apply(older);
      await store.apply({ ...newer, at: AT + 1 });
      const found = async (search?: string): Promise<readonly string[]> =>
        (await store.listTokens(search === undefined ? {} : { search })).items.map(({ peer }) => peer);
      assert.deepEqual(await found(), ["bert", "Anna"]);
      assert.deepEqual(await found("ANN"), ["Anna"]);
      assert.deepEqual(await found("bbbb"), ["bert"]);
    });

    it("have members by group and peer, of one group, and by parts of both names", async () => {
      await using store = await open();
      const [anna, bert] = [factsOf("Anna"), factsOf("bert")];
      for (const facts of [bert, anna]) await store.apply(claimOf(facts));
      for (const [group, { pin }] of [
        ["web", anna],
        ["Lab", bert],
        ["Lab", anna],
      ] as const) {
        await store.apply({ type: "add-to-group", at: AT, actor: ACTOR, group, key: pin });
      }
      const found = async (filter?: Parameters<TrustStore["listMembers"]>[0]): Promise<readonly string[]> =>
        (await store.listMembers(filter)).items.map(({ group, peer }) => `${group} ${peer}`);
      assert.deepEqual(await found(), ["Lab Anna", "Lab bert", "web Anna"]);
      assert.deepEqual(await found({ groupKey: "lab" }), ["Lab Anna", "Lab bert"]);
      assert.deepEqual(await found({ search: "ANN" }), ["Lab Anna", "web Anna"]);
      assert.deepEqual(await found({ search: "we" }), ["web Anna"]);
    });
  });
}
