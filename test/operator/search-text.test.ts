import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { HandclaspError } from "../../src/errors.ts";
import { onlyIn, parseSearch, suggestSearches } from "../../src/operator/search-text.ts";

const NOW = Date.UTC(2030, 0, 1);
const DAY = 24 * 3600 * 1000;

describe("parseSearch", () => {
  it("takes what holds no term letter by letter, as it always was", () => {
    const texts = [
      "anna",
      "  anna  smith ",
      "",
      " ",
      "urn:uuid:6e8b",
      "2001:db8::17",
      'he said "no',
      '"',
      '""',
    ];
    texts.push(
      "%",
      "_",
      "sha256:abcd",
      "-anna",
      "grop:lab",
      "a state",
      "instate:x",
      "\u202Eanna",
      "x".repeat(1000),
    );
    for (const text of texts) assert.deepEqual(parseSearch(text, NOW), { search: text }, text);
  });

  it("understands states, sources, groups and when a key was seen, among words", () => {
    assert.deepEqual(parseSearch("state:trusted -group:lab seen<30d source:join anna  smith", NOW), {
      search: "anna smith",
      state: ["trusted"],
      source: ["token"],
      notGroups: ["lab"],
      seenSince: NOW - 30 * DAY,
    });
    assert.deepEqual(parseSearch("state:revoked STATE:Ignored", NOW).state, ["revoked", "ignored"]);
    assert.deepEqual(parseSearch("-state:trusted -state:pending", NOW).state, [
      "revoked",
      "ignored",
      "retired",
    ]);
    assert.deepEqual(parseSearch("state:trusted -state:trusted", NOW).state, []);
    assert.deepEqual(parseSearch('group:Lab group:"Front  Desk" group:lab', NOW), {
      groups: ["lab", "front desk"],
    });
    assert.deepEqual(parseSearch("seen>30d seen>2d", NOW), { seenBefore: NOW - 30 * DAY });
    assert.deepEqual(parseSearch("seen<30d seen<2d", NOW), { seenSince: NOW - 2 * DAY });
    assert.deepEqual(parseSearch("-seen<30d", NOW), { seenBefore: NOW - 30 * DAY });
    assert.deepEqual(parseSearch("seen:never", NOW), { seenBefore: 0 });
    assert.deepEqual(parseSearch("-seen:never", NOW), { seenSince: 0 });
  });

  it("looks for a term in quotes as it stands", () => {
    assert.deepEqual(parseSearch('"state:trusted"', NOW), { search: "state:trusted" });
    assert.deepEqual(parseSearch('"group:a b" state:trusted', NOW), {
      search: "group:a b",
      state: ["trusted"],
    });
  });

  it("says which term cannot be, and where it stands", () => {
    const cases: readonly (readonly [string, number, number])[] = [
      ["anna state:trusty", 5, 12],
      ["state:", 0, 6],
      ["state<30d", 0, 9],
      ["source:magic x", 0, 12],
      ["x group:", 2, 6],
      ['group:"lab', 0, 10],
      ['group:""', 0, 8],
      ["seen<", 0, 5],
      ["seen<30", 0, 7],
      ["seen:yesterday", 0, 14],
      ["seen<99999999999d", 0, 17],
    ];
    for (const [text, at, length] of cases) {
      assert.throws(
        () => parseSearch(text, NOW),
        (error) => {
          assert.ok(error instanceof HandclaspError);
          assert.deepEqual([error.code, error.details], ["ERR_HANDCLASP_OPTION", { at, length }], text);
          return true;
        },
      );
    }
    assert.throws(() => parseSearch("state:\u202Eanna", NOW), /\\u\{202e\}anna/);
    assert.throws(() => parseSearch("x".repeat(10_000), NOW), { code: "ERR_HANDCLASP_OPTION" });
  });

  it("understands any text, or refuses it by our own error", () => {
    const part = fc.constantFrom(
      "state:",
      "group:",
      "-",
      '"',
      " ",
      "seen<",
      "30d",
      "trusted",
      "é",
      "\u202E",
      "%",
    );
    const text = fc.array(fc.oneof(part, fc.string({ unit: "binary" })), { maxLength: 30 });
    fc.assert(
      fc.property(text, (parts) => {
        const typed = parts.join("");
        for (const suggested of suggestSearches(typed, ["lab"])) assert.ok(suggested.length > 0);
        try {
          parseSearch(typed, NOW);
        } catch (error) {
          assert.ok(error instanceof HandclaspError && error.code === "ERR_HANDCLASP_OPTION");
        }
      }),
    );
  });
});

describe("onlyIn", () => {
  it("leaves of the states that were typed no other", () => {
    assert.deepEqual(onlyIn("revoked", { search: "anna" }), { search: "anna", state: "revoked" });
    assert.deepEqual(onlyIn("revoked", { state: ["revoked", "ignored"] }), { state: "revoked" });
    assert.deepEqual(onlyIn("revoked", { state: ["trusted"] }), { state: [] });
  });
});

describe("suggestSearches", () => {
  it("brings the last word to an end: fields, then their values, groups among them", () => {
    assert.deepEqual(suggestSearches("anna st"), ["anna state:"]);
    assert.deepEqual(suggestSearches("-S"), ["-state:", "-source:", "-seen<", "-seen>"]);
    assert.deepEqual(suggestSearches("x state:tr"), ["x state:trusted"]);
    assert.deepEqual(suggestSearches("group:", ["lab", "front desk"]), ["group:lab", 'group:"front desk"']);
    assert.deepEqual(suggestSearches("group:f", ["lab", "front desk"]), ['group:"front desk"']);
    assert.deepEqual(suggestSearches("seen:"), ["seen:never"]);
    for (const text of ["", "anna ", "anna", "state:trusted"])
      assert.deepEqual(suggestSearches(text), [], text);
  });
});
