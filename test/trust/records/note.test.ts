import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toNote } from "../../../src/trust/records/note.ts";

const WRONG = { code: "ERR_HANDCLASP_OPTION" };

describe("a note", () => {
  it("has no white space around it, and is none when nothing is left", () => {
    assert.equal(toNote("  lost in Bonn\n"), "lost in Bonn");
    assert.equal(toNote(" \n\t "), null);
    assert.equal(toNote(""), null);
  });

  it("may have lines and tabs, and nothing that a terminal acts on", () => {
    assert.equal(toNote("a\n\tb"), "a\n\tb");
    for (const text of ["a\u001b[2Jb", "a\rb", "a\u007fb", "a\u009bb", "a\0b"])
      assert.throws(() => toNote(text), WRONG, JSON.stringify(text));
  });

  it("is Unicode", () => {
    assert.throws(() => toNote("a\ud800"), WRONG);
  });

  it("has a thousand characters at most, whatever they take", () => {
    assert.equal(toNote("\u{1f511}".repeat(1000))?.length, 2000);
    assert.throws(() => toNote("x".repeat(1001)), /at most 1000 characters, not 1001/);
  });
});
