import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readShown } from "../../web/views/compare/read-shown.ts";
import { answerOf, blanksOf, fillIn } from "../../web/views/compare/word-blanks.ts";

const WORDS = ["unfold", null, "produce", null, null, "able", "zoo", null, "acid", null, "about", null];
const PHRASE = "unfold tent produce seat arm able zoo hip acid lamp about jump";

describe("words at blanks", () => {
  it("are asked for at the places where none is", () => {
    assert.deepEqual(blanksOf(WORDS), [1, 3, 4, 7, 9, 11]);
  });

  it("go in one by one, in whatever case", () => {
    const typed = fillIn(WORDS, fillIn(WORDS, {}, 3, "Seat "), 1, "tent");
    assert.deepEqual(typed, { 1: "tent", 3: "seat" });
    assert.equal(answerOf(WORDS, typed), null);
  });

  it("fill the blanks behind when several are pasted", () => {
    const typed = fillIn(WORDS, { 1: "tent" }, 3, "seat arm, hip");
    assert.deepEqual(typed, { 1: "tent", 3: "seat", 4: "arm", 7: "hip" });
  });

  it("go where they belong when the whole phrase is pasted, numbered or not", () => {
    const numbered = PHRASE.split(" ").map((word, at) => `${at + 1}. ${word}`);
    for (const text of [PHRASE, numbered.join("\n")]) {
      const typed = fillIn(WORDS, {}, 9, text);
      assert.deepEqual(answerOf(WORDS, typed), ["tent", "seat", "arm", "hip", "lamp", "jump"]);
    }
  });

  it("are no answer while a blank was emptied", () => {
    const typed = fillIn(WORDS, fillIn(WORDS, {}, 1, PHRASE), 4, "");
    assert.equal(answerOf(WORDS, typed), null);
  });
});

describe("what the owner of a key shows", () => {
  it("is a code, a phrase or a key id by its looks", () => {
    assert.deepEqual(readShown(" hck1.AbC_-9 \n"), { code: "hck1.AbC_-9" });
    assert.deepEqual(readShown(PHRASE.toUpperCase()), { phrase: PHRASE });
    assert.deepEqual(readShown("L67LOQD MMLAJZ2"), { keyId: "L67LOQD MMLAJZ2" });
    assert.deepEqual(readShown("sha256:abc+/="), { keyId: "sha256:abc+/=" });
  });
});
