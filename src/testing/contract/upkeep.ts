// What every store promises as `Upkeep`.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { claimOf } from "./claims.ts";
import { factsOf, randomPin } from "./made-up-certificates.ts";
import type { StoreSuite } from "./store-suite.ts";

const AT = Date.UTC(2030, 0, 1);
const ACTOR = { user: "olga", process: "test 1", address: null, listener: null };

/** Registers this part for one kind of store. */
export function describeUpkeep({ kind, open, describe, it }: StoreSuite): void {
  describe(`${kind}: upkeep`, () => {
    it("finds nothing wrong with what was written, and where the chain ends", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      await store.apply({ type: "add-to-group", at: AT + 1, actor: ACTOR, group: "lab", key: anna.pin });
      await store.apply({ type: "revoke", at: AT + 2, actor: ACTOR, key: anna.pin });
      const { chain, ...audit } = store.audit();
      assert.deepEqual(chain, { head: store.head(), broken: null });
      const { digest, ...report } = store.check();
      assert.deepEqual(report, { chain, ...audit, problems: [] });
      assert.match(digest ?? "0".repeat(64), /^[0-9a-f]{64}$/);
    });

    it("counts what there is", async () => {
      await using store = await open();
      const anna = factsOf("anna");
      await store.apply(claimOf(anna));
      await store.apply(claimOf(factsOf("anna")));
      const { url, keys, certificates, events, refusals, dropped } = store.stats();
      assert.equal(url, store.url);
      assert.deepEqual(keys, { pending: 1, trusted: 1, revoked: 0, ignored: 0, retired: 0 });
      assert.deepEqual([certificates, events, refusals], [2, 1, 0]);
      assert.deepEqual(dropped, { pendingKeys: 0, refusals: 0 });
    });

    it("writes a copy to a file that is not there, and to no other", async () => {
      const folder = mkdtempSync(join(tmpdir(), "handclasp-contract-"));
      try {
        await using store = await open();
        await store.apply(claimOf(factsOf("anna")));
        const [copy, other] = [join(folder, "copy"), join(folder, "other")];
        await store.backup(copy);
        assert.ok(existsSync(copy));
        writeFileSync(other, "of somebody else", { mode: 0o600 });
        await assert.rejects(store.backup(other));
        assert.equal(readFileSync(other, "utf8"), "of somebody else");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });

    it("refuses everything once closed, and closes twice without complaint", async () => {
      const store = await open();
      await store.close();
      await store.close();
      const closed = { code: "ERR_HANDCLASP_STORE_CLOSED" };
      assert.throws(() => store.key(randomPin()), closed);
      assert.throws(() => store.groupsOf("anna"), closed);
      assert.throws(() => store.head(), closed);
      assert.throws(() => store.audit(), closed);
      await assert.rejects(async () => store.listKeys(), closed);
      await assert.rejects(store.apply(claimOf(factsOf("anna"))), closed);
      await assert.rejects(store.tryOut(claimOf(factsOf("anna"))), closed);
      await assert.rejects(store.putSetting("server", "one"), closed);
      await assert.rejects(store.record({ seen: [], refusals: [], opened: [], closed: [] }), closed);
    });

    it("finishes what was handed over before it closes", async () => {
      const store = await open();
      const claim = store.apply(claimOf(factsOf("anna")));
      await store.close();
      assert.equal((await claim).kind, "changed");
    });
  });
}
