import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { toKeyId } from "../../../src/trust/naming/key-id.ts";
import { toKeyPin } from "../../../src/trust/naming/key-pin.ts";
import {
  escapeAgain,
  escapeText,
  nameKey,
  nameKeysOf,
  toPeerName,
} from "../../../src/trust/naming/peer-name.ts";

const HASH = createHash("sha256").update("ada").digest();
const PIN = toKeyPin(HASH);
const KEY_ID = toKeyId(PIN);

/** Letters with unusual case, marks that reorder, spaces of all kinds: where folding goes wrong. */
const TRICKY =
  " aAßẞſsSσςΣİıiIKkÅåǆǅǄŉΐᾳᾼﬀﬃＡａ①²ªµμ한´¨ꭰᏰᎠ𝒜ﷺ" +
  "\u0301\u0307\u0308\u0327\u0345\u0313\u00a0\u2003\u3000\u1680";
const tricky = fc.constantFrom(...Array.from(TRICKY));
const names = fc.oneof(
  fc.string({ unit: tricky, maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

function problemOf(text: string): string {
  const result = toPeerName(text);
  return result.ok ? "none" : result.problem;
}

function* codePoints(): Generator<string> {
  for (let code = 0; code <= 0x10ffff; code++) yield String.fromCodePoint(code);
}

describe("peer name", () => {
  it("is taken as it was written, with its spaces trimmed and collapsed", () => {
    assert.deepEqual(toPeerName("  Ada \u00a0 Lovelace "), {
      ok: true,
      name: "Ada Lovelace",
      key: "ada lovelace",
    });
    const ordinary = [
      "ada",
      "web-1.example.org",
      "spiffe://example.org/ns/prod",
      "ada@example.org",
      "Łukasz",
      "山田太郎",
    ];
    for (const name of [
      ...ordinary,
      "administrators",
      "DOMAIN\\ada",
      "🙂",
      "O'Neil; DROP TABLE",
      "../../etc/passwd",
    ]) {
      assert.deepEqual(toPeerName(name), { ok: true, name, key: nameKey(name) });
    }
  });

  it("is refused when it is empty", () => {
    for (const text of ["", " ", "\u00a0\u3000"]) assert.equal(problemOf(text), "it is empty");
  });

  it("is refused when it is longer than 255 bytes of UTF-8", () => {
    assert.equal(problemOf("é".repeat(127)), "none");
    for (const text of ["é".repeat(128), "a".repeat(256), " ".repeat(300), "a".repeat(1e6)]) {
      assert.equal(problemOf(text), "it is longer than 255 bytes");
    }
  });

  const unsafe: readonly (readonly [string, string, RegExp])[] = [
    ["a newline", "ada\nadmin", /control character \(U\+000A\)/],
    ["a trailing newline", "ada\n", /control character \(U\+000A\)/],
    ["a tab", "ada\tadmin", /control character \(U\+0009\)/],
    ["NUL", "admin\0.example.org", /control character \(U\+0000\)/],
    ["a terminal escape", "\u001b[2Jada", /control character \(U\+001B\)/],
    ["a C1 control", "ada\u009b2J", /control character \(U\+009B\)/],
    ["a direction override", "ada\u202enimda", /direction of the text \(U\+202E\)/],
    ["a direction isolate", "\u2067ada", /direction of the text \(U\+2067\)/],
    ["a zero-width space", "a\u200bda", /invisible or .* \(U\+200B\)/],
    ["a zero-width joiner", "a\u200dda", /invisible or .* \(U\+200D\)/],
    ["a byte order mark", "\ufeffada", /invisible or .* \(U\+FEFF\)/],
    ["a soft hyphen", "a\u00adda", /invisible or .* \(U\+00AD\)/],
    ["a Hangul filler", "ada\u3164", /invisible or .* \(U\+3164\)/],
    ["a half-width Hangul filler", "ada\uffa0", /invisible or .* \(U\+FFA0\)/],
    ["a tag character", "ada\u{e0041}", /invisible or .* \(U\+E0041\)/],
    ["a variation selector", "ada\ufe0f", /invisible or .* \(U\+FE0F\)/],
    ["a blank braille pattern", "ada\u2800", /invisible or .* \(U\+2800\)/],
    ["a note without ink", "ada\u{1d159}", /invisible or .* \(U\+1D159\)/],
    ["a full blank", "ada\u{13441}", /invisible or .* \(U\+13441\)/],
    ["a half blank", "ada\u{13442}", /invisible or .* \(U\+13442\)/],
    ["a filler", "ada\u{16fe4}", /invisible or .* \(U\+16FE4\)/],
    ["a mark that mirrors a hieroglyph", "ada\u{13440}", /invisible or .* \(U\+13440\)/],
    ["a mark that selects another letter", "ada\u{1bc9d}", /invisible or .* \(U\+1BC9D\)/],
    ["a line separator", "ada\u2028admin", /line separator \(U\+2028\)/],
    ["a paragraph separator", "ada\u2029admin", /line separator \(U\+2029\)/],
    ["half a surrogate pair", "ada\ud800", /surrogate pair \(U\+D800\)/],
    ["a private-use character", "ada\ue000", /private-use character \(U\+E000\)/],
    ["an unassigned character", "ada\u0378", /unassigned character \(U\+0378\)/],
    ["a noncharacter", "ada\uffff", /unassigned character \(U\+FFFF\)/],
    ["bytes that were not UTF-8", "ada\ufffd", /replacement character \(U\+FFFD\)/],
    ["a mark at the beginning", "\u0301ada", /begins with a combining mark/],
    ["a tower of marks", `ada${"\u0316".repeat(9)}`, /more than 8 combining marks/],
  ];
  for (const [what, text, problem] of unsafe) {
    it(`is refused when it holds ${what}`, () => {
      assert.match(problemOf(text), problem);
    });
  }

  it("holds no character that could not be shown safely, before or after folding", () => {
    const bad = /[\p{C}\p{Zl}\p{Zp}\p{DI}]|(?! )\p{White_Space}/u;
    for (const character of codePoints()) {
      const result = toPeerName(`a${character}b`);
      if (!result.ok) continue;
      assert.doesNotMatch(result.name, bad);
      assert.doesNotMatch(result.key, bad);
    }
  });

  it("is the same with and without full stops at its end", () => {
    for (const text of [
      "admin.",
      "admin..",
      "admin\u3002",
      "admin\uff0e",
      "admin\uff61",
      "admin\u2024",
      " admin . ",
    ]) {
      assert.deepEqual(toPeerName(text), { ok: true, name: "admin", key: "admin" }, text);
      assert.ok(nameKeysOf(text).includes("admin"), text);
    }
    assert.deepEqual(toPeerName("web.example."), { ok: true, name: "web.example", key: "web.example" });
    assert.equal(problemOf(" . "), "it is empty");
    assert.match(problemOf("ada \u2488"), /full stop/);
    assert.match(problemOf(`${PIN}.`), /pin/);
  });

  it("is refused when it could be taken for a pin", () => {
    const body = PIN.slice("sha256:".length);
    for (const text of [
      PIN,
      PIN.toLowerCase(),
      "SHA256:abc",
      "sha256 : x",
      "ｓｈａ２５６：ada",
      body,
      `sha256//${body}`,
    ]) {
      assert.equal(problemOf(text), "it looks like a key's pin", text);
    }
  });

  it("is refused when it could be taken for a fingerprint", () => {
    const hex = HASH.toString("hex");
    const pairs = hex.replaceAll(/..(?!$)/g, "$&:");
    for (const text of [
      hex,
      hex.toUpperCase(),
      pairs,
      pairs.replaceAll(":", " "),
      pairs.replaceAll(":", "："),
    ]) {
      assert.equal(problemOf(text), "it looks like a certificate's fingerprint", text);
    }
    assert.equal(problemOf(hex.slice(1)), "none");
  });

  it("is refused when it could be taken for a key id or the beginning of one", () => {
    const fullWidth = Array.from(KEY_ID, (symbol) =>
      String.fromCodePoint(0xfee0 + (symbol.codePointAt(0) ?? 0)),
    ).join("");
    for (const text of [
      KEY_ID,
      KEY_ID.toLowerCase(),
      KEY_ID.replaceAll("-", " "),
      KEY_ID.slice(0, 15),
      fullWidth,
    ]) {
      assert.equal(problemOf(text), "it looks like a key id", text);
    }
    assert.equal(problemOf(KEY_ID.slice(0, 14)), "none");
  });

  it("is a result for any text, and the same when it is read again", () => {
    fc.assert(
      fc.property(names, (text) => {
        const result = toPeerName(text);
        if (!result.ok) return;
        assert.equal(result.key, nameKey(result.name));
        assert.ok(nameKeysOf(text).includes(result.key));
        assert.doesNotMatch(result.key, /[.\u3002]$/);
        assert.deepEqual(toPeerName(result.name), result);
        assert.equal(escapeText(result.name), result.name);
      }),
      { numRuns: 2000 },
    );
  });

  it("is the same name for all spellings that look the same or differ in case only", () => {
    const same = [
      ["ada", "Ada", "ADA", " ada ", "ａｄａ", "𝒶da", "ªda"],
      ["Straße", "STRASSE", "strasse", "STRAẞE", "ſtraße"],
      ["Σίσυφος", "ΣΊΣΥΦΟΣ", "σίσυφοσ"],
      ["Kelvin", "Kelvin", "kelvin"],
      ["Ångström", "Ångström", "A\u030angstro\u0308m"],
      ["office", "oﬃce", "OFFICE"],
      ["Ada Lovelace", "ada  lovelace", "ADA\u2003LOVELACE"],
    ];
    for (const spellings of same) assert.equal(new Set(spellings.map(nameKey)).size, 1, spellings.join());
    assert.notEqual(nameKey("ada"), nameKey("adam"));
  });

  it("folds to itself, in any case and normal form", () => {
    fc.assert(
      fc.property(names, (name) => {
        const key = nameKey(name);
        assert.equal(nameKey(key), key);
        for (const form of ["NFC", "NFD", "NFKC", "NFKD"] as const)
          assert.equal(nameKey(name.normalize(form)), key);
        const apart = name.normalize("NFKD");
        assert.equal(nameKey(apart.toUpperCase()), key);
        assert.equal(nameKey(apart.toLowerCase()), key);
      }),
      { numRuns: 5000 },
    );
  });

  it("folds every single character to something that folds to itself", () => {
    for (const character of codePoints()) {
      const key = nameKey(character);
      if (nameKey(key) !== key) assert.fail(`U+${character.codePointAt(0)?.toString(16)}`);
    }
  });
});

describe("an escaped text", () => {
  it("shows what could not be shown as code points", () => {
    const shown: readonly (readonly [string, string])[] = [
      ["ada", "ada"],
      ["ada\nadmin", "ada\\u{a}admin"],
      ["\u001b[2J", "\\u{1b}[2J"],
      ["a\0b", "a\\u{0}b"],
      ["a\u202eb", "a\\u{202e}b"],
      ["a\ud800b", "a\\u{d800}b"],
      ["a\u00a0b", "a\\u{a0}b"],
      ["\u0301a", "\\u{301}a"],
      ["\\u{1b}", "\\u{5c}u{1b}"],
      ["DOMAIN\\ada", "DOMAIN\\ada"],
    ];
    for (const [text, expected] of shown) assert.equal(escapeText(text), expected);
  });

  it("is cut between characters and escapes, and says so", () => {
    assert.equal(escapeText("abcdef", 6), "abcdef");
    assert.equal(escapeText("abcdefg", 6), "abc…");
    assert.equal(escapeText("ab\n\n", 8), "ab…");
    assert.equal(escapeText("ééé", 5), "é…");
    assert.equal(escapeText("x".repeat(1e6)).length, 253);
  });

  it("is bounded and safe to print, whatever the text is", () => {
    const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{DI}]|^\p{M}|\p{M}{9}|(?! )\p{White_Space}/u;
    const texts = fc.oneof(names, fc.string({ unit: "binary", minLength: 50, maxLength: 400 }));
    fc.assert(
      fc.property(texts, fc.integer({ min: 3, max: 300 }), (text, maxBytes) => {
        const shown = escapeText(text, maxBytes);
        assert.ok(Buffer.byteLength(shown) <= maxBytes);
        assert.doesNotMatch(shown, unsafe);
      }),
    );
  });

  it("stands for one text only", () => {
    const unit = fc.constantFrom("\\", "u", "{", "}", "u{", "\\u{a}", "\n", "a", "5c");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 12 }), (text) => {
        const read = escapeText(text).replaceAll(/\\u\{([0-9a-f]+)\}/g, (_, hex: string) =>
          String.fromCodePoint(Number.parseInt(hex, 16)),
        );
        assert.equal(read, text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("text that is escaped again", () => {
  it("stays as it is when nothing was put in since, whatever it was made of", () => {
    const texts = ["anna", "a\u001b[31m", "\\u{1b}", "\\", "\\\\u{", `e${"\u0301".repeat(12)}`, "\u0301"];
    for (const text of texts) assert.equal(escapeAgain(escapeText(text)), escapeText(text));
  });

  it("is fit to print whatever was put in since, and not cut", () => {
    assert.equal(escapeAgain("b\\u{1b}\u001b\n"), "b\\u{1b}\\u{1b}\\u{a}");
    assert.equal(escapeAgain("x".repeat(1000)).length, 1000);
  });
});
