import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { completeSearch } from "../../web/client/complete-search.ts";

function texts(text: string, groups: readonly string[] = []): readonly string[] {
  return completeSearch(text, groups).map((each) => each.text);
}

describe("type-ahead of the search", () => {
  it("offers what a word can become, and then its values", () => {
    assert.deepEqual(texts("st"), ["state:"]);
    assert.deepEqual(texts("state:r"), ["state:revoked ", "state:retired "]);
    assert.deepEqual(texts("se"), ["seen<", "seen>"]);
  });

  it("keeps what stands before it, and that it is denied", () => {
    assert.deepEqual(texts("anna -source:to"), ["anna -source:token "]);
  });

  it("knows the groups that there are, in whatever case, and quotes those with spaces", () => {
    assert.deepEqual(texts("group:", ["Lab", "night shift"]), ["group:Lab ", 'group:"night shift" ']);
    assert.deepEqual(texts("group:la", ["Lab", "night shift"]), ["group:Lab "]);
  });

  it("offers nothing for names, nothing for what is whole, nothing for nothing", () => {
    for (const text of ["anna", "state:trusted", "", "anna "]) assert.deepEqual(texts(text), []);
  });
});
