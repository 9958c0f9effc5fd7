import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import { race } from "./support/race.ts";
import { newPath } from "./support/stores.ts";

describe("two processes on one store", () => {
  it("makes no operator of who is approved beside a peer while that becomes one", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    const names = Array.from({ length: 40 }, (_, index) => `peer-${index}`);
    const at = Date.now();
    const strangers = await Promise.all(
      names.map(async (name) => {
        await store.apply(claimOf(factsOf(name), { at }));
        const rival = factsOf(name);
        await store.apply(claimOf(rival, { at, maxPending: 100, pendingExpires: at + 3_600_000 }));
        return rival.pin;
      }),
    );
    const said = await race(
      "race-operators.ts",
      ["give", "approve"].map((what) => [path, what]),
    );
    const [given = [], approved = []] = said.map((text) => text.trim().split(" "));
    const operators = names.filter((name) => store.isMember("operators", name));
    for (const [index, name] of names.entries()) {
      const outcome = [given[index], approved[index]];
      const expected = operators.includes(name)
        ? ["done", "ERR_HANDCLASP_SCOPE"]
        : ["ERR_HANDCLASP_AMBIGUOUS", "done"];
      assert.deepEqual(outcome, expected, name);
    }
    const grown = strangers.filter((pin) => operators.includes(store.key(pin)?.peer ?? ""));
    assert.deepEqual(grown, []);
    assert.equal(store.check().chain.broken, null);
  });
});
