// What every store promises about groups.
import assert from "node:assert/strict";
import type { Change } from "../../trust/records/change.ts";
import { type Actor, type TrustEvent } from "../../trust/records/events.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { everyEvent, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { claimOf } from "./claims.ts";
import { createTokenOf, joinOf } from "./join-tokens.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR: Actor = { user: "operator", process: "test 1", address: null, listener: null };

function member(type: "add-to-group" | "remove-from-group", group: string, of: CertificateFacts): Change {
  return { type, at: AT, actor: ACTOR, group, key: of.pin };
}

async function newest(store: TrustStore): Promise<TrustEvent | undefined> {
  return (await everyEvent(store)).at(-1);
}

/** Registers this part for one kind of store. */
export function describeGroups({ kind, open, describe, it }: StoreSuite): void {
  async function openedWith(...peers: readonly CertificateFacts[]): Promise<TrustStore> {
    const store = await open();
    for (const facts of peers) await store.apply(claimOf(facts));
    return store;
  }

  describe(`${kind}: groups`, () => {
    it("knows who is in which, however the names are written", async () => {
      const anna = factsOf("Anna");
      await using store = await openedWith(anna, factsOf("bert"));
      await store.apply(member("add-to-group", "Lab", anna));
      await store.apply(member("add-to-group", "LAB", anna));
      assert.equal(store.isMember("lab", "anna"), true);
      assert.equal(store.isMember("lab", "bert"), false);
      assert.equal(store.isMember("office", "anna"), false);
      assert.deepEqual([store.groupsOf("anna"), store.groupsOf("bert")], [["Lab"], []]);
      assert.deepEqual((await store.listMembers()).items, [{ group: "Lab", peer: "Anna", addedAt: AT }]);
    });

    it("makes an event of who came and who left, and of nothing else", async () => {
      const anna = factsOf("anna");
      await using store = await openedWith(anna);
      await store.apply(member("add-to-group", "lab", anna));
      const added = await newest(store);
      assert.deepEqual(
        [added?.type, added?.peer, added?.pin, added?.details],
        ["group-added", "anna", null, { group: "lab" }],
      );
      const { sequence } = store.head();
      await store.apply(member("add-to-group", "lab", anna));
      assert.equal(store.head().sequence, sequence);
      await store.apply(member("remove-from-group", "lab", anna));
      assert.equal((await newest(store))?.type, "group-removed");
      assert.equal(store.isMember("lab", "anna"), false);
    });

    it("refuses who is unknown, has no name, or is not in it", async () => {
      const [anna, paul] = [factsOf("anna"), factsOf("paul")];
      await using store = await openedWith(anna);
      await assert.rejects(store.apply(member("add-to-group", "lab", paul)), {
        code: "ERR_HANDCLASP_NOT_FOUND",
      });
      await assert.rejects(store.apply(member("remove-from-group", "lab", anna)), {
        code: "ERR_HANDCLASP_NOT_FOUND",
      });
      await assert.rejects(store.apply(member("add-to-group", "\u202e", anna)), {
        code: "ERR_HANDCLASP_NAME",
      });
      const { certificate } = claimOf(paul);
      const limits = { conflictsWith: null, pendingExpires: AT + 1000, maxPending: 3 };
      await store.apply({ type: "hold", at: AT, actor: ACTOR, peer: "paul", certificate, ...limits });
      await assert.rejects(store.apply(member("add-to-group", "lab", paul)), { code: "ERR_HANDCLASP_STATE" });
    });

    it("leaves nothing of a name that was given up to whoever has it next", async () => {
      const anna = factsOf("anna");
      await using store = await openedWith(anna);
      await store.apply(member("add-to-group", "lab", anna));
      await store.apply({ type: "forget", at: AT, actor: ACTOR, key: anna.pin });
      assert.equal((await newest(store))?.type, "group-removed");
      await store.apply(claimOf(factsOf("anna")));
      assert.equal(store.isMember("lab", "anna"), false);
    });

    it("gives a group of operators to a peer with one key, or with each of its keys as it was looked at", async () => {
      const [anna, second] = [factsOf("anna"), factsOf("anna")];
      await using store = await openedWith(anna);
      const { certificate } = claimOf(second);
      const approval = { peer: null, onConflict: "add", expires: null } as const;
      await store.apply({ type: "import", at: AT, actor: ACTOR, certificate, ...approval });
      const [one, other] = store.keysOfName("anna");
      assert.ok(one !== undefined && other !== undefined);
      const change = member("add-to-group", "Operators-Read", anna) as Change & { type: "add-to-group" };
      for (const seen of [undefined, one, [one]]) {
        const wanted = seen === undefined ? change : { ...change, seen };
        await assert.rejects(store.apply(wanted), { code: "ERR_HANDCLASP_AMBIGUOUS" });
      }
      const stale = [one, { ...other, version: other.version - 1 }];
      await assert.rejects(store.apply({ ...change, seen: stale }), { code: "ERR_HANDCLASP_CHANGED" });
      await store.apply({ ...change, seen: [one, other] });
      assert.equal(store.isMember("operators-read", "anna"), true);
    });

    it("makes join tokens worthless that were made for the name of who becomes an operator", async () => {
      const [anna, ben] = [factsOf("anna"), factsOf("ben")];
      await using store = await openedWith(anna, ben);
      const ids = ["11", "22", "33", "44"].map((byte) => byte.repeat(16));
      const [one = "", other = "", used = "", late = ""] = ids;
      const replace = true;
      for (const [id, peer] of [
        [one, "Anna"],
        [other, "chief"],
        [used, "ben"],
      ] as const) {
        await store.apply(createTokenOf(peer, { id, replace }));
      }
      const cancelled = (): readonly (number | null | undefined)[] =>
        ids.map((id) => store.token(id)?.cancelledAt);
      await store.apply(member("add-to-group", "lab", anna));
      assert.deepEqual(cancelled(), [null, null, null, undefined]);
      await store.apply(member("add-to-group", "operators", anna));
      assert.deepEqual(cancelled(), [AT, null, null, undefined]);
      const { type, peer, details } = (await newest(store)) ?? {};
      assert.deepEqual([type, peer, details], ["group-added", "anna", { group: "operators" }]);
      await store.apply({ type: "rename", at: AT, actor: ACTOR, key: anna.pin, peer: "chief" });
      assert.deepEqual(cancelled(), [AT, AT, null, undefined]);
      const lost = await store.apply(joinOf(factsOf("x"), { token: other }));
      assert.partialDeepStrictEqual(lost, { kind: "lost", concern: { problem: "token-cancelled" } });
      await store.apply(createTokenOf("chief", { id: late, replace }));
      assert.equal((await store.apply(joinOf(factsOf("y"), { token: late }))).kind, "changed");
      assert.deepEqual(store.audit().rows?.differences, []);
    });

    it("leaves it to another key of the same peer", async () => {
      const [anna, second] = [factsOf("anna"), factsOf("anna")];
      await using store = await openedWith(anna);
      await store.apply(member("add-to-group", "lab", anna));
      const { certificate } = claimOf(second);
      const approval = { peer: null, onConflict: "add", expires: null } as const;
      await store.apply({ type: "import", at: AT, actor: ACTOR, certificate, ...approval });
      await store.apply({ type: "forget", at: AT, actor: ACTOR, key: anna.pin });
      assert.equal(store.isMember("lab", "anna"), true);
    });

    it("follows a peer to its new name, and leaves the old one with nothing", async () => {
      const anna = factsOf("anna");
      await using store = await openedWith(anna);
      await store.apply(member("add-to-group", "lab", anna));
      await store.apply({ type: "rename", at: AT, actor: ACTOR, key: anna.pin, peer: "Annika" });
      assert.equal(store.isMember("lab", "annika"), true);
      assert.equal(store.isMember("lab", "anna"), false);
      const approval = { peer: "Ann", onConflict: "fail", expires: null } as const;
      await store.apply({ type: "approve", at: AT, actor: ACTOR, key: anna.pin, ...approval });
      assert.equal(store.isMember("lab", "annika"), false);
      assert.equal(store.isMember("lab", "ann"), false);
    });
  });
}
