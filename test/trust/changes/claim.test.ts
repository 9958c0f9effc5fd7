import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { openMemoryStore } from "../../../src/store/sqlite/memory-store.ts";
import { Operator } from "../../../src/operator/operator.ts";
import type { FirstUse } from "../../../src/trust/records/policy.ts";
import { Trust } from "../../../src/trust/trust.ts";
import { factsOf } from "../../support/certificates.ts";
import { keysIn } from "../../support/listed.ts";

const NOW = Date.UTC(2030, 0, 1);

describe("a window of first use that an operator closes", () => {
  for (const [firstUse, reason, kept] of [
    ["ask", "pending", 1],
    ["refuse", "unknown", 0],
    ["accept", "admit", 1],
  ] as const satisfies readonly (readonly [FirstUse, string, number])[]) {
    it(`is closed for who was judged before, and is written down after it, where servers ${firstUse}`, async () => {
      const store = openMemoryStore();
      after(() => store.close());
      const operator = new Operator(store, { user: "olga", process: "test 1", now: () => NOW });
      await using trust = new Trust(store, { policy: { firstUse }, now: () => NOW, process: "serve 2" });
      await operator.openFirstUse(60_000);
      const showing = { certificate: factsOf("anna"), caSigned: false, remoteAddress: "192.0.2.1" };
      const verdict = trust.judge(showing);
      assert.ok(verdict.decision === "claim");
      await operator.openFirstUse(0);
      const settled = await trust.settle(verdict, showing);
      assert.equal(settled.decision === "refuse" ? settled.reason : settled.decision, reason);
      assert.equal((await keysIn(store)).length, kept);
    });
  }
});
