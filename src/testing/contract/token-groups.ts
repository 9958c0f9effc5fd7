// What every store promises about the groups that join tokens lead into.
import assert from "node:assert/strict";
import type { CreateTokenChange } from "../../trust/records/change.ts";
import { type Actor } from "../../trust/records/events.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { createTokenOf, joinOf } from "./join-tokens.ts";
import { everyEvent, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";

const AT = Date.UTC(2030, 0, 1);
const OPERATOR: Actor = { user: "olga", process: "test 1", address: null, listener: null };
const SERVER: Actor = { user: null, process: "serve 2", address: "192.0.2.1", listener: null };
const ID = createTokenOf("anna").token.id;

async function trusting(store: TrustStore, certificate: CertificateFacts): Promise<void> {
  const seen = toSeenCertificate(certificate);
  const change = { peer: null, onConflict: "fail", expires: null } as const;
  await store.apply({ type: "import", at: AT, actor: OPERATOR, certificate: seen, ...change });
}

/** Registers this part for one kind of store. */
export function describeTokenGroups({ kind, open, describe, it }: StoreSuite): void {
  async function withToken(peer: string, over: Partial<CreateTokenChange["token"]>): Promise<TrustStore> {
    const store = await open();
    await store.apply(createTokenOf(peer, over));
    return store;
  }

  describe(`${kind}: the groups of join tokens`, () => {
    it("put their peer into groups as an operator does, once each, and make groups that nobody was in", async () => {
      const groups = ["Night Shift", "dba", "night shift"];
      await using store = await withToken("Anna", { groups });
      const kept = [
        { name: "Night Shift", nameKey: "night shift" },
        { name: "dba", nameKey: "dba" },
      ];
      assert.deepEqual(store.token(ID)?.groups, kept);
      assert.deepEqual((await store.listTokens()).items[0]?.groups, kept);
      assert.partialDeepStrictEqual(await everyEvent(store), [
        { details: { groups: "Night%20Shift,dba", groupKeys: "night%20shift,dba" } },
      ]);
      const anna = factsOf("whatever");
      const outcome = await store.apply(joinOf(anna));
      assert.deepEqual(store.groupsOf("anna"), ["dba", "Night Shift"]);
      assert.deepEqual(store.token(ID)?.groups, kept);
      const key = store.key(anna.pin) ?? assert.fail("no key");
      assert.deepEqual(outcome.kind === "changed" && outcome.keys, [key]);
      const [, , ...added] = await everyEvent(store);
      assert.partialDeepStrictEqual(added, [
        { type: "group-added", peer: "Anna", actor: SERVER, details: { group: "Night Shift" } },
        { type: "group-added", peer: "Anna", actor: SERVER, details: { group: "dba" } },
      ]);
      assert.equal(added.length, 2);
    });

    it("leave a peer in its groups whose key they replace", async () => {
      await using store = await open();
      const [old, fresh] = [factsOf("anna"), factsOf("anna")];
      await trusting(store, old);
      await store.apply({ type: "add-to-group", at: AT, actor: OPERATOR, key: old.pin, group: "dba" });
      await store.apply(createTokenOf("anna", { replace: true, groups: ["DBA", "lab"] }));
      await store.apply(joinOf(fresh));
      assert.deepEqual(store.groupsOf("anna"), ["dba", "lab"]);
      const added = (await everyEvent(store)).filter(({ type }) => type === "group-added");
      assert.deepEqual(
        added.map(({ details }) => details["group"]),
        ["dba", "lab"],
      );
    });

    it("put nobody into a group who loses them, or is known already", async () => {
      await using store = await withToken("anna", { groups: ["dba"] });
      const [known, late] = [factsOf("ben"), factsOf("anna")];
      await trusting(store, known);
      await store.apply(joinOf(known));
      await store.apply(joinOf(late, { at: AT + 3_600_000 }));
      assert.deepEqual((await store.listMembers()).items, []);
      assert.equal(store.token(ID)?.usedAt, null);
    });

    it("cancel other tokens of a name that comes into a group of operators with one", async () => {
      await using store = await withToken("olga", { groups: ["operators"] });
      const other = "11".repeat(16);
      await store.apply(createTokenOf("olga", { id: other }));
      await store.apply(joinOf(factsOf("olga")));
      assert.equal(store.token(other)?.cancelledAt, AT + 1);
      assert.partialDeepStrictEqual(store.token(ID), { usedAt: AT + 1, cancelledAt: null });
    });

    it("name groups that can be, and no more than sixteen", async () => {
      await using store = await open();
      await assert.rejects(store.apply(createTokenOf("anna", { groups: ["dba", "a\u0007b"] })), {
        code: "ERR_HANDCLASP_NAME",
      });
      const many = Array.from({ length: 17 }, (_, index) => `group ${index}`);
      await assert.rejects(store.apply(createTokenOf("anna", { groups: many })), {
        code: "ERR_HANDCLASP_OPTION",
      });
      assert.deepEqual((await store.listTokens()).items, []);
    });
  });
}
