import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { columnsOf, rowColumnsOf, flat, textWidth, whole, wrapped } from "../../../src/cli/terminal/prose.ts";

describe("wrapped", () => {
  it("breaks at words, and sets each line off", () => {
    assert.equal(wrapped("one two three four", 9), "one two\nthree\nfour");
    assert.equal(wrapped("one two three", 9, "# "), "# one two\n# three");
  });

  it("gives commands of ours lines of their own, ready to be copied", () => {
    const command = whole("handclasp trust approve ABCDE-FGHIJ --replace");
    assert.equal(
      wrapped(`To let it in: ${command}; ${whole("handclasp store check")}. Else wait.`, 20),
      "To let it in:\n  handclasp trust approve ABCDE-FGHIJ --replace\n  handclasp store check\nElse wait.",
    );
  });

  it("keeps other commands whole within a line", () => {
    assert.equal(wrapped(`look (${whole("date --utc")}) at both`, 12), "look\n(date --utc)\nat both");
  });

  it("never exceeds the width but by one word, and loses no word", () => {
    const word = fc.stringMatching(/^[a-z-]{1,30}$/);
    fc.assert(
      fc.property(
        fc.array(word, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 20, max: 100 }),
        (words, width) => {
          const lines = wrapped(words.join(" "), width).split("\n");
          assert.deepEqual(
            lines.flatMap((line) => line.split(" ")),
            words,
          );
          for (const line of lines) assert.ok(line.length <= width || !line.includes(" "), line);
        },
      ),
    );
  });

  it("counts the columns of wide characters and of marks", () => {
    assert.equal(textWidth("日本"), 4);
    assert.equal(textWidth("e\u0301"), 1);
    assert.equal(wrapped("日本語 日本語", 10), "日本語\n日本語");
  });

  it("gives programs one line with plain spaces", () => {
    assert.equal(flat(`a: ${whole("b c d")}`), "a: b c d");
  });
});

describe("rowColumnsOf", () => {
  it("has no end where no terminal reads, unless COLUMNS says one: a row is one line to programs", () => {
    const before = process.env["COLUMNS"];
    try {
      delete process.env["COLUMNS"];
      assert.equal(rowColumnsOf({}), Infinity);
      assert.equal(rowColumnsOf({ isTTY: true, columns: 132 }), 132);
      process.env["COLUMNS"] = "100";
      assert.equal(rowColumnsOf({}), 100);
    } finally {
      if (before === undefined) delete process.env["COLUMNS"];
      else process.env["COLUMNS"] = before;
    }
  });
});

describe("columnsOf", () => {
  it("goes by COLUMNS, then the terminal, then 80", () => {
    const before = process.env["COLUMNS"];
    try {
      delete process.env["COLUMNS"];
      assert.equal(columnsOf({}), 80);
      assert.equal(columnsOf({ columns: 132 }), 132);
      process.env["COLUMNS"] = "100";
      assert.equal(columnsOf({ columns: 132 }), 100);
      process.env["COLUMNS"] = "";
      assert.equal(columnsOf({ columns: 132 }), 132);
      process.env["COLUMNS"] = "wide";
      assert.equal(columnsOf({}), 80);
      process.env["COLUMNS"] = "3";
      assert.equal(columnsOf({}), 20);
    } finally {
      if (before === undefined) delete process.env["COLUMNS"];
      else process.env["COLUMNS"] = before;
    }
  });
});
