// What every store promises about keys that an operator set aside.
import assert from "node:assert/strict";
import { Operator } from "../../operator/operator.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import { toSeenCertificate } from "../../trust/judging/seen-certificate.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import { everyKey, everyEvent, type StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { createTokenOf } from "./join-tokens.ts";
import { hold } from "./pending-keys.ts";
import { rotateOf } from "./rotations.ts";
import { claimOf } from "./claims.ts";

const AT = Date.UTC(2030, 0, 1);

interface Scene {
  readonly store: TrustStore;
  readonly operator: Operator;
  readonly anna: CertificateFacts;
}

/** Registers this part for one kind of store. */
export function describeSetAside({ kind, open, describe, it }: StoreSuite): void {
  /** Anna was trusted, and is set aside. */
  async function scene(): Promise<Scene> {
    const store = await open();
    let at = AT;
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => at++ });
    const anna = factsOf("anna");
    await store.apply(claimOf(anna));
    await operator.addToGroup("lab", "anna");
    await operator.setAside("anna");
    return { store, operator, anna };
  }

  describe(`${kind}: keys that were set aside`, () => {
    it("wait under their name, in their groups, and say so in an event", async () => {
      const { store: opened, anna } = await scene();
      await using store = opened;
      const key = store.key(anna.pin);
      assert.deepEqual([key?.state, key?.peer, key?.expires], ["pending", "anna", null]);
      assert.equal(store.isMember("lab", "anna"), true);
      const event = (await everyEvent(store)).at(-1);
      assert.partialDeepStrictEqual(event, {
        type: "set-aside",
        before: "trusted",
        after: "pending",
        peer: "anna",
      });
    });

    it("are not trusted again by a certificate that is brought: that is no answer to why they were set aside", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await assert.rejects(operator.import(anna), { code: "ERR_HANDCLASP_STATE" });
      assert.equal(store.key(anna.pin)?.state, "pending");
    });

    it("are trusted again by an approval, under the same name, and what they endorsed until then stays void", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      const [key] = await operator.approve("anna");
      assert.deepEqual([key?.state, key?.peer, key?.source], ["trusted", "anna", "approved"]);
      assert.equal(store.isMember("lab", "anna"), true);
      const rotated = await store.apply(
        rotateOf(anna.pin, factsOf("anna"), { endorsedBy: { pin: anna.pin, issuedAt: AT } }),
      );
      assert.equal(rotated.kind, "lost");
    });

    it("are not trusted by first use, by a token, nor by an endorsement", async () => {
      const { store: opened, anna } = await scene();
      await using store = opened;
      const older = factsOf("older");
      await store.apply(claimOf(older));
      const create = createTokenOf("anna second");
      await store.apply(create);
      const seen = toSeenCertificate(anna);
      const attempts = [
        claimOf(anna),
        { type: "join", at: AT, actor: create.actor, token: create.token.id, certificate: seen } as const,
        rotateOf(older.pin, anna),
      ];
      for (const attempt of attempts) {
        assert.partialDeepStrictEqual(await store.apply(attempt), { kind: "lost", reason: "pending" });
      }
      await store.apply(hold(factsOf("mallory", { pin: anna.pin })));
      assert.partialDeepStrictEqual(store.key(anna.pin), {
        state: "pending",
        peer: "anna",
        claimedName: "anna",
      });
    });

    it("keep their name from strangers, from tokens, and from keys that they endorsed", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      const rival = await store.apply(claimOf(factsOf("anna")));
      assert.partialDeepStrictEqual(rival, { kind: "lost", reason: "key-changed", conflictsWith: anna.pin });
      await assert.rejects(store.apply(createTokenOf("anna")), { code: "ERR_HANDCLASP_CONFLICT" });
      assert.equal((await store.apply(rotateOf(anna.pin, factsOf("anna")))).kind, "lost");
      await assert.rejects(operator.import(factsOf("anna")), { code: "ERR_HANDCLASP_CONFLICT" });
    });

    it("are retired by a key that replaces them", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await operator.import(factsOf("anna"), { onConflict: "replace" });
      assert.equal(store.key(anna.pin)?.state, "retired");
    });

    it("are not pushed out by strangers, however many come", async () => {
      const { store: opened, anna } = await scene();
      await using store = opened;
      for (let index = 0; index < 8; index++) {
        await store.apply(hold(factsOf(`stranger-${index}`), { at: AT + index * 10_000 }));
      }
      assert.equal(store.key(anna.pin)?.state, "pending");
      assert.equal((await everyKey(store)).length, 2);
    });

    it("can be renamed, revoked, ignored and forgotten as others", async () => {
      for (const act of ["revoke", "ignore", "forget"] as const) {
        const { store: opened, operator, anna } = await scene();
        await using store = opened;
        await operator.rename("anna", "annika");
        assert.equal(store.key(anna.pin)?.peer, "annika");
        await operator[act]("annika");
        assert.notEqual(store.key(anna.pin)?.state, "pending");
        assert.equal(store.audit().rows?.count, 0);
      }
    });

    it("are set aside once; what is not trusted cannot be", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      const { sequence } = store.head();
      await operator.setAside(anna.pin);
      assert.equal(store.head().sequence, sequence);
      await operator.revoke(anna.pin);
      await assert.rejects(operator.setAside(anna.pin), { code: "ERR_HANDCLASP_STATE" });
      const stranger = factsOf("stranger");
      await store.apply(hold(stranger));
      await assert.rejects(operator.setAside(stranger.pin), { code: "ERR_HANDCLASP_STATE" });
      assert.equal(store.audit().rows?.count, 0);
    });
  });
}
