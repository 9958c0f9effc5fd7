import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Operator } from "../../../src/operator/operator.ts";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { race } from "./support/race.ts";
import { newPath } from "./support/stores.ts";

const AT = Date.UTC(2030, 0, 1);

describe("a window of first use of a store that five processes have open", () => {
  it("lets in exactly as many of a hundred who come at once as may come, to whichever process", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    const operator = new Operator(store, { user: "olga", process: "test 1", now: () => AT });
    await operator.openFirstUse(60_000, { max: 12, from: "192.0.2.0/24" });
    const came = (
      await race(
        "race-window.ts",
        Array.from({ length: 5 }, () => [path]),
      )
    ).map(Number);
    assert.equal(
      came.reduce((sum, count) => sum + count, 0),
      12,
      came.join(" "),
    );
    assert.equal(store.stats().keys.trusted, 12);
    assert.equal(store.firstUseWindow(), null);
    assert.equal(store.head().sequence, 14, "opened, twelve met, and once that it was used up");
    const { chain, rows } = store.check();
    assert.deepEqual([chain.broken, rows?.count], [null, 0]);
  });
});
