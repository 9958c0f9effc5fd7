import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMemoryStore } from "../../../../src/store/sqlite/memory-store.ts";
import { searchedText } from "../../../../src/store/sqlite/lists/key-search.ts";

const NONE = { nameKey: null, claimedKey: null, newKey: null, note: null, firstAddress: null };

describe("a search", () => {
  it("is refused when it is longer than anything that is searched, in every list", async () => {
    await using store = openMemoryStore();
    const search = "x".repeat(1001);
    for (const list of [
      "listKeys",
      "listEvents",
      "listRefusals",
      "listConnections",
      "listTokens",
      "listMembers",
    ] as const) {
      assert.deepEqual((await store[list]({ search: "x".repeat(1000) })).items, [], list);
      await assert.rejects(store[list]({ search }), {
        code: "ERR_HANDCLASP_OPTION",
        message: "a search has at most 1000 characters, not 1001",
      });
    }
  });
});

describe("searchedText", () => {
  it("holds a name once that is claimed and bound, and every other text of a key", () => {
    assert.equal(searchedText(NONE), "");
    assert.equal(searchedText({ ...NONE, nameKey: "anna", claimedKey: "anna" }), "anna");
    assert.equal(
      searchedText({
        nameKey: "anna",
        claimedKey: "ben",
        newKey: "carl",
        note: "In Hall 3",
        firstAddress: "192.0.2.7",
      }),
      "anna\nben\ncarl\nin hall 3\n192.0.2.7",
    );
  });
});
