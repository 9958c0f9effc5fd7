import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openSqliteStore } from "../../../src/store/sqlite/sqlite-store.ts";
import { claimOf } from "../../../src/testing/contract/claims.ts";
import { factsOf } from "../../support/certificates.ts";
import { race } from "./support/race.ts";
import { newPath } from "./support/stores.ts";

describe("revoking a peer by name", () => {
  it("leaves no key of it trusted, though another process rotates the key in the same moment", async () => {
    const path = newPath();
    await using store = openSqliteStore(path);
    const names = Array.from({ length: 20 }, (_, index) => `peer-${index}`);
    await Promise.all(names.map((name) => store.apply(claimOf(factsOf(name)))));
    const said = await race(
      "race-revoke.ts",
      ["rotate", "revoke"].map((what) => [path, what]),
    );
    assert.deepEqual(said, ["done\n", "done\n"]);
    const trusted = names
      .flatMap((name) => store.keysOfName(name))
      .filter(({ state }) => state === "trusted");
    assert.deepEqual(trusted, []);
    assert.equal(store.check().chain.broken, null);
  });
});
