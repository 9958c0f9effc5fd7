import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { array, assert as assertProperty, constantFrom, property, stringMatching, tuple } from "fast-check";
import { type Column, ListTable } from "../../../src/cli/lists/list-table.ts";
import { textWidth } from "../../../src/cli/terminal/prose.ts";
import { propertyRuns } from "../../support/property-runs.ts";

const COLUMNS: readonly Column[] = [{ title: "PEER", isFree: true }, { title: "STATE" }, { title: "NOTE" }];

describe("a table of a list", () => {
  it("is as wide as its cells where there is room", () => {
    const table = new ListTable(COLUMNS, 40);
    assert.deepEqual(
      table.lines([
        ["anna", "trusted", "until 2027"],
        ["ben the third", "pending", ""],
      ]),
      ["PEER           STATE    NOTE", "anna           trusted  until 2027", "ben the third  pending"],
    );
  });

  it("keeps its columns on later pages, without the titles again", () => {
    const table = new ListTable(COLUMNS, 40);
    table.lines([["anna", "trusted", ""]]);
    assert.deepEqual(table.lines([["al", "ignored", "x"]]), ["al    ignored  x"]);
    assert.deepEqual(table.lines([["a longer name", "ignored", "x"]]), ["a longer name  ignored  x"]);
  });

  it("has no column for what most rows have nothing of, unless the first page has some", () => {
    const columns: readonly Column[] = [
      { title: "PEER" },
      { title: "GROUPS", isSparse: true },
      { title: "NOTE" },
    ];
    const none = new ListTable(columns, 40);
    assert.deepEqual(none.lines([["anna", "", "x"]]), ["PEER  NOTE", "anna  x"]);
    assert.deepEqual(none.lines([["ben", "lab", "y"]]), ["ben   lab  y"]);
    const some = new ListTable(columns, 40);
    assert.deepEqual(some.lines([["anna", "lab", "x"]]), ["PEER  GROUPS  NOTE", "anna  lab     x"]);
  });

  it("puts what a longer cell leaves no room for on the next line, and cuts nothing", () => {
    const table = new ListTable(COLUMNS, 30);
    assert.deepEqual(table.lines([["a name that leaves no room", "trusted", "until the end"]]), [
      "PEER             STATE    NOTE",
      "a name that leaves no room",
      "                 trusted",
      "                 until the end",
    ]);
  });

  it("counts columns as terminals do", () => {
    const table = new ListTable(COLUMNS, 40);
    assert.equal(table.lines([["安娜", "trusted", ""]])[1], "安娜  trusted");
  });

  it("has all of every cell, in lines that fit wherever the cells do", () => {
    const cell = stringMatching(/^[a-z]{0,38}$/);
    const page = array(tuple(cell, constantFrom("trusted", "pending"), cell), { maxLength: 5 });
    assertProperty(
      property(array(page, { minLength: 1, maxLength: 3 }), (pages) => {
        const table = new ListTable(COLUMNS, 40);
        const lines = pages.flatMap((rows) => table.lines(rows));
        for (const line of lines) assert.ok(textWidth(line) <= 40, line);
        const words = lines.join(" ").split(/ +/).slice(COLUMNS.length);
        assert.deepEqual(
          words.filter((word) => word !== ""),
          pages.flat(2).filter((word) => word !== ""),
        );
      }),
      { numRuns: propertyRuns(300) },
    );
  });
});
