import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSearch } from "../../src/operator/search-text.ts";
import type { KeySource, KeyState } from "../../src/trust/records/key-record.ts";
import { completeSearch, isUnfinished } from "../../web/client/complete-search.ts";

const NOW = Date.UTC(2026, 10, 29);

const STATES: Readonly<Record<KeyState, true>> = {
  pending: true,
  trusted: true,
  revoked: true,
  ignored: true,
  retired: true,
};
const SOURCES: Readonly<Record<KeySource, true>> = {
  "first-use": true,
  approved: true,
  token: true,
  rotation: true,
  ca: true,
  import: true,
};

function texts(text: string, groups: readonly string[] = []): readonly string[] {
  return completeSearch(text, groups).map((each) => each.text);
}

describe("type-ahead of the search", () => {
  it("offers what a word can become, and then its values", () => {
    assert.deepEqual(texts("st"), ["state:"]);
    assert.deepEqual(texts("state:r"), ["state:revoked ", "state:retired "]);
    assert.deepEqual(texts("se"), ["seen<", "seen>", "seen:never "]);
  });

  it("keeps what stands before it, and that it is denied", () => {
    assert.deepEqual(texts("anna -source:to"), ["anna -source:token "]);
  });

  it("knows the groups that there are, in whatever case, and quotes those with spaces", () => {
    assert.deepEqual(texts("group:", ["Lab", "night shift"]), ["group:Lab ", 'group:"night shift" ']);
    assert.deepEqual(texts("group:la", ["Lab", "night shift"]), ["group:Lab "]);
  });

  it("offers what the server understands, and every state and source that there is", () => {
    const found = ["state:", "source:", "seen<", "seen>", "seen:", "group:"]
      .flatMap((field) => texts(field, ["lab", "night shift"]))
      .map((text) => parseSearch(text, NOW));
    const states = new Set(found.flatMap(({ state }) => state ?? []));
    const sources = new Set(found.flatMap(({ source }) => source ?? []));
    assert.deepEqual(states, new Set(Object.keys(STATES)));
    assert.deepEqual(sources, new Set(Object.keys(SOURCES)));
  });

  it("waits with words that are being typed, and with no others", () => {
    for (const text of ["state:", "anna -state:tru", "seen<", "seen>3", "source:t", "group:"]) {
      assert.ok(isUnfinished(text), text);
    }
    for (const text of [
      "",
      "anna",
      "sta",
      "state:trusted",
      "state:x",
      "seen<3d",
      "group:la",
      "state:tru anna",
    ]) {
      assert.ok(!isUnfinished(text), text);
    }
  });

  it("offers nothing for names, nothing for what is whole, nothing for nothing", () => {
    for (const text of ["anna", "state:trusted", "", "anna "]) assert.deepEqual(texts(text), []);
  });
});
