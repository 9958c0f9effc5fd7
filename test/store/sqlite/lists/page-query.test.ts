import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import {
  beginsWith,
  type Condition,
  Conditions,
  either,
  isOneOf,
  momentOf,
  pageOf,
} from "../../../../src/store/sqlite/lists/page-query.ts";
import { placeOf } from "../../../../src/trust/port/cursor.ts";

const NO_OPTION = { code: "ERR_HANDCLASP_OPTION" };

/** Which of these texts SQLite finds by a condition on them. */
function found(texts: readonly string[], condition: Condition): readonly string[] {
  using database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE texts (text TEXT)");
  for (const text of texts) database.prepare("INSERT INTO texts VALUES (?)").run(text);
  const conditions = new Conditions();
  conditions.require(condition);
  const query = database.prepare(`SELECT text FROM texts ${conditions.sql} ORDER BY text`);
  return query.all(...conditions.values).map((row) => String(row["text"]));
}

describe("the moment that a list begins with", () => {
  it("is any number, or none", () => {
    for (const moment of [undefined, 0, -1, 1.5, Infinity]) assert.equal(momentOf(moment), moment);
    assert.throws(() => momentOf(Number.NaN), NO_OPTION);
    assert.throws(() => momentOf("2026-01-01" as unknown as number), NO_OPTION);
  });
});

describe("a cursor", () => {
  const rows = ["a", "b", "c"];
  const page = pageOf(
    rows,
    2,
    (row) => row.toUpperCase(),
    (row) => ["keys", row, 7],
  );

  it("says where the last row of a page stands, and there is none behind the last page", () => {
    assert.deepEqual(page.items, ["A", "B"]);
    assert.deepEqual(placeOf({ after: page.next ?? "" }, "keys", ["string", "number"]), ["b", 7]);
    const last = pageOf(
      rows,
      3,
      (row) => row,
      (row) => ["keys", row],
    );
    assert.deepEqual(last, { items: rows, next: null });
    assert.equal(placeOf({}, "keys", ["string"]), undefined);
  });
});

describe("a condition of a list", () => {
  const texts = ["ab", "abc", "abz", "ac", "b", "AB", "a_"];

  it("finds what begins with some of base64's characters, case told apart", () => {
    assert.deepEqual(found(texts, beginsWith("text", "ab")), ["ab", "abc", "abz"]);
    assert.deepEqual(found(texts, beginsWith("text", "a_")), ["a_"]);
  });

  it("finds one of many, and nothing by one of none", () => {
    assert.deepEqual(found(texts, isOneOf("text", ["b", "ac", "no"])), ["ac", "b"]);
    assert.deepEqual(found(texts, isOneOf("text", [])), []);
    assert.deepEqual(found(texts, either(isOneOf("text", ["b"]), beginsWith("text", "ac"))), ["ac", "b"]);
    assert.deepEqual(found(texts, either()), []);
  });

  it("leaves others as they were", () => {
    const conditions = new Conditions();
    conditions.add("a = ?", 1);
    const more = conditions.with({ text: "b = ?", values: [2] });
    assert.deepEqual([conditions.sql, conditions.values], ["WHERE a = ?", [1]]);
    assert.deepEqual([more.sql, more.values], ["WHERE a = ? AND b = ?", [1, 2]]);
    assert.equal(new Conditions().sql, "");
  });
});
