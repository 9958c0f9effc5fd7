import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../src/errors.ts";
import {
  isMeantAsKeyId,
  looksLikeKeyId,
  parseKeyId,
  parseKeyIdPrefix,
  toKeyId,
} from "../../src/trust/key-id.ts";
import { toKeyPin } from "../../src/trust/key-pin.ts";
import type { KeyPin } from "../../src/trust/key-record.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** Made with Python's `base64.b32encode` and multiplication in GF(32) by a table of logarithms. */
const VECTORS: readonly (readonly [KeyPin, string])[] = [
  [
    "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAB-AAAAAAC-AAAAAAD-AAAAAAE-AAAAAAF-AAAAAAG-AAAAAAH-AAAAAAI-AAAAJ",
  ],
  [
    "sha256://////////////////////////////////////////8=",
    "777777Y-7777773-7777772-7777775-7777774-7777777-7777776-777777R-777Q2",
  ],
  [
    "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "4OYMIQC-UY7QOBE-JGX36TN-EJS35ZD-EQT24Q6-PEMSNZH-GTFESW7-MRW6CSA-XBKQ3",
  ],
  [
    "sha256:6mFfEMzqpaiAYjF3l0NPiyXGtFThNorLuV1BT5aF4S8=",
    "5JQV6EO-GM5KS2I-RADCGFP-3ZOQ2PV-RMS4NN7-CU4E3IZ-VS5ZLVS-AU7FUF5-4EXQM",
  ],
];
const PIN: KeyPin = "sha256:6mFfEMzqpaiAYjF3l0NPiyXGtFThNorLuV1BT5aF4S8=";
const KEY_ID = toKeyId(PIN);
const pins = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toKeyPin);

function refuses(text: string, message?: RegExp): void {
  assert.throws(
    () => parseKeyId(text),
    (error) => isHandclaspError(error, "ERR_HANDCLASP_KEY_ID") && (message?.test(error.message) ?? true),
    text,
  );
  assert.ok(!looksLikeKeyId(text) || text.length < KEY_ID.length, text);
}

function refusesShort(text: string): void {
  assert.throws(() => parseKeyIdPrefix(text), /needs at least 14 characters, this has 13$/);
  assert.equal(looksLikeKeyId(text), false);
}

function swapped<T>(items: readonly T[], one: number, other: number): T[] {
  return items.map((item, index) => items[index === one ? other : index === other ? one : index] ?? item);
}

describe("key id", () => {
  it("agrees with an independent implementation", () => {
    for (const [pin, keyId] of VECTORS) assert.equal(toKeyId(pin), keyId);
    for (const [pin, keyId] of VECTORS) assert.equal(parseKeyId(keyId), pin);
  });

  it("is read back as the same pin", () => {
    fc.assert(fc.property(pins, (pin) => parseKeyId(toKeyId(pin)) === pin));
  });

  it("forgives case, spaces, dashes and the digits that look like letters", () => {
    const spellings = fc.record({ pin: pins, seed: fc.array(fc.nat(7), { minLength: 61, maxLength: 61 }) });
    fc.assert(
      fc.property(spellings, ({ pin, seed }) => {
        const symbols = toKeyId(pin).replaceAll("-", "");
        const typed = Array.from(symbols, (symbol, index) => {
          const digit = { O: "0", I: "1", B: "8" }[symbol] ?? symbol;
          const way = seed[index] ?? 0;
          const spelled = way % 2 === 0 ? digit : symbol.toLowerCase();
          return spelled + (["", "", "", "", " ", "-", "–", "\t"][way] ?? "");
        });
        const text = typed.join("");
        assert.equal(parseKeyId(text), pin, text);
        assert.ok(looksLikeKeyId(text));
      }),
    );
  });

  it("finds every single wrong character, and names its group", () => {
    for (const [, keyId] of VECTORS) {
      for (let at = 0; at < keyId.length; at++) {
        if (keyId[at] === "-") continue;
        for (const wrong of ALPHABET) {
          if (wrong === keyId[at]) continue;
          refuses(
            keyId.slice(0, at) + wrong + keyId.slice(at + 1),
            new RegExp(`^group ${Math.floor(at / 8) + 1} of 9, "`),
          );
        }
      }
    }
  });

  it("finds every swap of two different characters", () => {
    fc.assert(
      fc.property(pins, (pin) => {
        const symbols = Array.from(toKeyId(pin).replaceAll("-", ""));
        for (let one = 0; one < symbols.length; one++) {
          for (let other = one + 1; other < symbols.length; other++) {
            if (symbols[one] !== symbols[other]) refuses(swapped(symbols, one, other).join(""));
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it("finds every swap of two groups, with and without dashes", () => {
    fc.assert(
      fc.property(pins, (pin) => {
        const groups = toKeyId(pin).split("-");
        for (let one = 0; one < groups.length; one++) {
          for (let other = one + 1; other < groups.length; other++) {
            const text = swapped(groups, one, other);
            refuses(text.join("-"));
            refuses(text.join(""));
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds a doubled, a left out and a moved group", () => {
    const groups = KEY_ID.split("-");
    for (let index = 0; index < groups.length; index++) {
      refuses(groups.toSpliced(index, 1).join("-"));
      refuses(groups.toSpliced(index, 0, groups[index] ?? "").join("-"));
      for (let to = 0; to < groups.length; to++) {
        if (to !== index)
          refuses(
            groups
              .toSpliced(index, 1)
              .toSpliced(to, 0, groups[index] ?? "")
              .join(""),
          );
      }
    }
  });

  it("says which group was mistyped", () => {
    refuses(KEY_ID.replace("RADCGFP", "RADCGFX"), /^group 3 of 9, "RADCGFX", was mistyped$/);
    refuses(KEY_ID.replace("RADCGFP", "RAD9GFP"), /^group 3 of 9 holds "9", which no key id does$/);
    refuses(KEY_ID.replace("RADCGFP", "RAD\u001bGFP"), /^group 3 of 9 holds U\+001B, which no key id does$/);
    refuses(KEY_ID.replace("RADCGFP", "RADCGF"), /^group 3 of 9, "RADCGF", has 6 characters and needs 7$/);
    refuses(
      KEY_ID.replace("RADCGFP", "RADCGFPP"),
      /^group 3 of 9, "RADCGFPP", has 8 characters and needs 7$/,
    );
  });

  it("says how long it is and has to be", () => {
    refuses(KEY_ID.replaceAll("-", "").slice(1), /^a key id has 61 characters, this has 60$/);
    refuses(`${KEY_ID.replaceAll("-", "")}A`, /^a key id has 61 characters, this has 62$/);
    refuses("", /this has 0$/);
  });

  it("has no second spelling by its unused bits", () => {
    const zeros = toKeyId("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let refused = 0;
    for (const last of ALPHABET) {
      for (const check of ALPHABET) {
        const text = `${zeros.slice(0, -2)}${last}${check}`;
        if (looksLikeKeyId(text)) assert.equal(toKeyId(parseKeyId(text)), text);
        else refused += 1;
      }
    }
    assert.equal(refused, 32 * 32 - 2, "the last data character carries one bit");
  });

  it("is not made of a pin that is none", () => {
    assert.throws(
      () => toKeyId("sha256:x"),
      (error) => isHandclaspError(error, "ERR_HANDCLASP_MALFORMED"),
    );
  });

  it("throws nothing but its own error, whatever is typed", () => {
    const typed = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({ unit: fc.constantFrom(...Array.from(`${ALPHABET}- 09`)) }),
    );
    fc.assert(
      fc.property(typed, (text) => {
        for (const parse of [parseKeyId, parseKeyIdPrefix]) {
          try {
            parse(text);
            assert.ok(looksLikeKeyId(text));
          } catch (error) {
            assert.ok(isHandclaspError(error, "ERR_HANDCLASP_KEY_ID"));
          }
        }
        isMeantAsKeyId(text);
      }),
    );
  });
});

describe("key id prefix", () => {
  const symbols = KEY_ID.replaceAll("-", "");

  it("stands for the pins whose key id begins like it", () => {
    fc.assert(
      fc.property(pins, fc.integer({ min: 14, max: 61 }), pins, (pin, length, other) => {
        const beginning = toKeyId(pin).replaceAll("-", "").slice(0, length);
        const prefix = parseKeyIdPrefix(beginning);
        assert.ok(pin.startsWith(prefix.pinPrefix));
        assert.ok(prefix.matches(pin));
        assert.equal(prefix.matches(other), toKeyId(other).replaceAll("-", "").startsWith(beginning));
        assert.ok(looksLikeKeyId(beginning));
      }),
    );
  });

  it("gives the longest text that its pins share", () => {
    fc.assert(
      fc.property(pins, fc.integer({ min: 14, max: 59 }), (pin, length) => {
        const prefix = parseKeyIdPrefix(toKeyId(pin).replaceAll("-", "").slice(0, length));
        const { pinPrefix } = prefix;
        const unknown = Array.from({ length: 256 }, (_, byte) => {
          const bytes = Buffer.from(pin.slice(7), "base64");
          const at = Math.floor(((pinPrefix.length - 7) * 6) / 8);
          bytes[at] = byte;
          bytes[at + 1] = byte;
          return toKeyPin(bytes);
        });
        const shared = unknown.filter((other) => prefix.matches(other));
        fc.pre(shared.length > 1);
        assert.ok(shared.every((other) => other.startsWith(pinPrefix)));
        assert.ok(new Set(shared.map((other) => other.charAt(pinPrefix.length))).size > 1);
      }),
    );
  });

  it("is the whole pin when all of it was typed", () => {
    assert.equal(parseKeyIdPrefix(KEY_ID).pinPrefix, PIN);
    assert.equal(parseKeyIdPrefix(symbols.slice(0, 60)).pinPrefix, PIN);
    assert.equal(parseKeyIdPrefix(symbols.slice(0, 14)).pinPrefix, PIN.slice(0, 17));
  });

  it("matches nothing that is not a pin", () => {
    assert.equal(parseKeyIdPrefix(KEY_ID).matches("sha256:"), false);
  });

  it("needs two whole groups, dashes not counted", () => {
    refusesShort(symbols.slice(0, 13));
    refusesShort(`${KEY_ID.slice(0, 14)}--- -`);
    assert.ok(looksLikeKeyId(`${KEY_ID.slice(0, 15)}-`));
  });

  it("is checked group by group", () => {
    for (let at = 0; at < 21; at++) {
      const wrong = symbols[at] === "A" ? "C" : "A";
      const text = symbols.slice(0, at) + wrong + symbols.slice(at + 1, 24);
      assert.throws(
        () => parseKeyIdPrefix(text),
        new RegExp(`^HandclaspError: group ${Math.floor(at / 7) + 1} of 9, "`),
      );
    }
    assert.throws(() => parseKeyIdPrefix(`${KEY_ID}A`), /a key id has 61 characters, this has 62/);
  });

  it("cannot be a name unless its check characters are right, which one text in 1024 has", () => {
    let taken = 0;
    for (let index = 0; index < 32 * 32; index++) {
      const text = `SERVER${ALPHABET.charAt(index % 32)}NUMBER${ALPHABET.charAt(index >> 5)}`;
      if (looksLikeKeyId(text)) taken += 1;
    }
    assert.equal(taken, 1);
    for (const name of ["administrators", "Frankfurt-Gateway", "the quick brown fox", "desktop-windows"]) {
      assert.equal(looksLikeKeyId(name), false, name);
    }
  });
});

describe("a text that is meant as a key id", () => {
  it("is one, right or mistyped, whole or cut", () => {
    const mistypes = [
      KEY_ID.replace("RADCGFP", "RADCGFX"),
      KEY_ID.slice(1),
      KEY_ID.slice(0, 30),
      `${KEY_ID}A`,
    ];
    for (const text of [KEY_ID, ...mistypes, KEY_ID.toLowerCase().replaceAll("-", "")]) {
      assert.ok(isMeantAsKeyId(text), text);
    }
  });

  it("is no ordinary name", () => {
    for (const text of [
      "",
      "ada",
      "administrators",
      "web.example.org",
      "Ada Lovelace of London",
      "spiffe://a/b",
    ]) {
      assert.equal(isMeantAsKeyId(text), false, text);
    }
  });
});
