// What every store promises about what operators write down.
import assert from "node:assert/strict";
import { Operator } from "../../operator/operator.ts";
import type { TrustStore } from "../../trust/port/trust-store.ts";
import type { CertificateFacts } from "../../x509/certificate-facts.ts";
import type { StoreSuite } from "./store-suite.ts";
import { factsOf } from "./made-up-certificates.ts";
import { hold } from "./pending-keys.ts";
import { claimOf } from "./claims.ts";

const AT = Date.UTC(2030, 0, 1);

/** Registers this part for one kind of store. */
export function describeNotes({ kind, open, describe, it }: StoreSuite): void {
  async function scene(): Promise<{ store: TrustStore; operator: Operator; anna: CertificateFacts }> {
    const store = await open();
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => AT });
    return { store, operator, anna: factsOf("anna") };
  }

  describe(`${kind}: notes`, () => {
    it("are kept with the key, in the events, and taken away by an empty text", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await store.apply(claimOf(anna));
      const [noted] = await operator.note("anna", "  the printer in room 4\nask Ben  ");
      assert.equal(noted?.note, "the printer in room 4\nask Ben");
      const { sequence } = store.head();
      await operator.note("anna", "the printer in room 4\nask Ben");
      assert.equal(store.head().sequence, sequence);
      await operator.revoke("anna");
      assert.equal(store.key(anna.pin)?.note, "the printer in room 4\nask Ben");
      assert.equal(store.audit().rows?.count, 0);
      await operator.note(anna.pin, " ");
      assert.equal(store.key(anna.pin)?.note, null);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("keep a key that waits from being pushed out, and go when it is forgotten", async () => {
      const { store: opened, operator, anna } = await scene();
      await using store = opened;
      await store.apply(hold(anna));
      await operator.note("anna", "calls on Monday");
      for (let index = 0; index < 5; index++)
        await store.apply(hold(factsOf(`stranger-${index}`), { at: AT + 5000 * index }));
      await store.apply(hold(anna, { at: AT + 99_999 }));
      assert.equal(store.key(anna.pin)?.note, "calls on Monday");
      assert.equal(store.audit().rows?.count, 0);
      await operator.forget("anna");
      await store.apply(hold(anna));
      assert.equal(store.key(anna.pin)?.note, null);
      assert.equal(store.audit().rows?.count, 0);
    });

    it("have at most 1000 characters, and none that a terminal acts on", async () => {
      const { store: opened, operator } = await scene();
      await using store = opened;
      await store.apply(claimOf(factsOf("anna")));
      await operator.note("anna", "é".repeat(1000));
      for (const text of ["x".repeat(1001), "a\u001b[31m", "\ud800"]) {
        await assert.rejects(operator.note("anna", text), { code: "ERR_HANDCLASP_OPTION" });
      }
    });

    it("are about one key: a stranger's is not mistaken for the peer's", async () => {
      const { store: opened, operator } = await scene();
      await using store = opened;
      await store.apply(hold(factsOf("anna")));
      await store.apply(hold(factsOf("anna")));
      await assert.rejects(operator.note("anna", "which?"), { code: "ERR_HANDCLASP_AMBIGUOUS" });
    });
  });
}
