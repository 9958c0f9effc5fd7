import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../../../src/errors.ts";
import {
  isMeantAsKeyId,
  looksLikeKeyId,
  parseKeyId,
  parseKeyIdPrefix,
  toKeyId,
} from "../../../src/trust/naming/key-id.ts";
import { toKeyPin } from "../../../src/trust/naming/key-pin.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** Made with Python's `base64.b32encode` and multiplication in GF(32) by a table of logarithms. */
const VECTORS: readonly (readonly [KeyPin, string])[] = [
  [
    "sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "AAAAAAC-AAAAAAD-AAAAAAE-AAAAAAF-AAAAAAG-AAAAAAH-AAAAAAI-AAAAAAJ-AAAAK",
  ],
  [
    "sha256://////////////////////////////////////////8=",
    "7777773-7777772-7777775-7777774-7777777-7777776-777777R-777777Q-777QZ",
  ],
  [
    "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "4OYMIQB-UY7QOBF-JGX36TK-EJS35ZC-EQT24Q5-PEMSNZG-GTFESWQ-MRW6CSB-XBKQY",
  ],
  [
    "sha256:6mFfEMzqpaiAYjF3l0NPiyXGtFThNorLuV1BT5aF4S8=",
    "5JQV6EN-GM5KS2J-RADCGFI-3ZOQ2PU-RMS4NN4-CU4E3IY-VS5ZLV5-AU7FUF4-4EXQP",
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

/** Multiplies by a power of x in GF(32). */
function timesX(element: number, power: number): number {
  let product = element;
  for (let index = 0; index < power; index++) product = (product << 1) ^ (product & 16 ? 0b100101 : 0);
  return product;
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

  it("finds every swap and move of groups for every pin, even if the dashes are gone", () => {
    // Groups of right checksums have a known checksum wherever they stand; so has the whole, which a change of place
    // must not keep. What is then cut at other places cannot be right in all its groups.
    const zeros = toKeyId("sha256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").split("-");
    const groups = zeros.map((group) => ({
      length: group.length,
      checksum: ALPHABET.indexOf(group.slice(-1)),
    }));
    const checksumOf = (order: typeof groups): number =>
      order.reduce((sum, { length, checksum }) => timesX(sum, length) ^ checksum, 0);
    const right = checksumOf(groups);
    for (const [one, group] of groups.entries()) {
      for (let other = 0; other < groups.length; other++) {
        if (one === other) continue;
        const moved = groups.toSpliced(one, 1).toSpliced(other, 0, group);
        for (const order of [swapped(groups, one, other), moved]) {
          const keepsPlaces = order.every(({ length }, at) => length === groups[at]?.length);
          if (!keepsPlaces) assert.notEqual(checksumOf(order), right, `groups ${one + 1} and ${other + 1}`);
        }
      }
    }
    assert.equal(
      new Set(groups.map(({ checksum }) => checksum)).size,
      9,
      "so groups of one length find it themselves",
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
    refuses(KEY_ID.replace("RADCGFI", "RADCGFX"), /^group 3 of 9, "RADCGFX", was mistyped$/);
    refuses(KEY_ID.replace("RADCGFI", "RAD9GFP"), /^group 3 of 9 holds "9", which no key id does$/);
    refuses(KEY_ID.replace("RADCGFI", "RAD\u001bGFP"), /^group 3 of 9 holds U\+001B, which no key id does$/);
    refuses(KEY_ID.replace("RADCGFI", "RADCGF"), /^group 3 of 9, "RADCGF", has 6 characters and needs 7$/);
    refuses(
      KEY_ID.replace("RADCGFI", "RADCGFIP"),
      /^group 3 of 9, "RADCGFIP", has 8 characters and needs 7$/,
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
