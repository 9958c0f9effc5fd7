import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { createTokenOf } from "../../../src/testing/contract/join-tokens.ts";
import { race } from "./support/race.ts";
import { newPath } from "./support/stores.ts";
import { tokensIn } from "../../support/listed.ts";

describe("a join token in a store that five processes have open", () => {
  it("lets in exactly one of a hundred keys that come with it at once, of whichever process", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    await store.apply(createTokenOf("anna"));
    const won = (
      await race(
        "race-join.ts",
        Array.from({ length: 5 }, () => [path]),
      )
    ).map(Number);
    assert.equal(
      won.reduce((sum, count) => sum + count, 0),
      1,
    );
    assert.equal(store.stats().keys.trusted, 1);
    assert.equal(store.stats().keys.pending, 0);
    assert.equal((await tokensIn(store))[0]?.usedBy, store.keysOfName("anna")[0]?.pin);
    assert.equal(store.head().sequence, 3, "created, joined, and once that it was refused");
    assert.equal(store.check().chain.broken, null);
  });
});
