import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { makeLargeStore } from "../../benchmark/large-store.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";

const SMALL = { peers: 500, events: 3000, tokens: 30, refusals: 40, connections: 50, groups: [30, 5] };

describe("makeLargeStore", () => {
  it("makes a sound store of the size that was asked for", async () => {
    const folder = mkdtempSync(join(tmpdir(), "handclasp-test-"));
    try {
      const path = join(folder, "trust.db");
      const { now, pin, peer } = await makeLargeStore(path, SMALL);
      await using store = openSqliteStore(path, { now: () => now });
      const { problems, chain, rows } = store.check();
      const { keys, events, refusals } = store.stats();

      assert.deepEqual(problems, []);
      assert.equal(chain.broken, null);
      assert.deepEqual(rows?.differences, []);
      assert.deepEqual([events, refusals], [3000, 40]);
      assert.equal(
        Object.values(keys).every((count) => count > 0),
        true,
      );
      assert.equal((await store.listConnections()).items.length, 50);
      assert.equal(store.key(pin)?.peer, peer);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
