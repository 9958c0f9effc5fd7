import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isListWord } from "../../../src/trust/naming/list-words.ts";
import { toPeerName } from "../../../src/trust/naming/peer-name.ts";

/** Full-width, which NFKC makes plain. */
function wide(character: string): string {
  return /[!-~]/.test(character) ? String.fromCodePoint(character.charCodeAt(0) + 0xfee0) : character;
}

function isWord(text: string): boolean {
  const name = toPeerName(text);
  return name.ok && isListWord(name.key);
}

describe("words of lists", () => {
  it("are what is equal to one as a name, in every spelling", () => {
    const spelling = fc
      .constantFrom("anyone", "any-peer", "network:10.0.0.0/8", "name:x", "group:lab", "network:")
      .chain((word) =>
        fc
          .array(fc.constantFrom("as it is", "upper", "wide"), {
            minLength: word.length,
            maxLength: word.length,
          })
          .map((how) =>
            Array.from(word, (character, at) => {
              if (how[at] === "upper") return character.toUpperCase();
              return how[at] === "wide" ? wide(character) : character;
            }).join(""),
          ),
      );
    const around = fc.constantFrom("", " ", "\u3000", ".", " .");
    fc.assert(
      fc.property(spelling, fc.constantFrom("", " "), around, (word, before, behind) =>
        assert.ok(isWord(`${before}${word}${behind}`), JSON.stringify(word)),
      ),
      { numRuns: 3000 },
    );
  });

  it("are no other names, with a colon or without", () => {
    for (const name of [
      "anyone else",
      "any peer",
      "any-peer-1",
      "networks:1",
      "spiffe://example/anyone",
      "host:8080",
      "groups",
      "name",
    ]) {
      assert.equal(isWord(name), false, name);
    }
  });
});
