import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { searchedText } from "../../../../src/store/sqlite/lists/key-search.ts";

const NONE = { nameKey: null, claimedKey: null, newKey: null, note: null, firstAddress: null };

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
