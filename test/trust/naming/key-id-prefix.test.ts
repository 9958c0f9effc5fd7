import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import {
  isMeantAsKeyId,
  keyIdBeginsWith,
  looksLikeKeyId,
  parseKeyIdPrefix,
  toKeyId,
} from "../../../src/trust/naming/key-id.ts";
import { toKeyPin } from "../../../src/trust/naming/key-pin.ts";
import type { KeyPin } from "../../../src/trust/records/key-record.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PIN: KeyPin = "sha256:6mFfEMzqpaiAYjF3l0NPiyXGtFThNorLuV1BT5aF4S8=";
const KEY_ID = toKeyId(PIN);
const pins = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toKeyPin);

function refusesShort(text: string): void {
  assert.throws(() => parseKeyIdPrefix(text), /needs at least 14 characters, this has 13$/);
  assert.equal(looksLikeKeyId(text), false);
}

describe("key id prefix", () => {
  const symbols = KEY_ID.replaceAll("-", "");

  it("stands for the pins whose key id begins like it", () => {
    fc.assert(
      fc.property(pins, fc.integer({ min: 14, max: 61 }), pins, (pin, length, other) => {
        const beginning = toKeyId(pin).replaceAll("-", "").slice(0, length);
        const prefix = parseKeyIdPrefix(beginning);
        assert.ok(pin.startsWith(prefix.pinPrefix));
        assert.ok(keyIdBeginsWith(pin, prefix.symbols));
        assert.equal(
          keyIdBeginsWith(other, prefix.symbols),
          toKeyId(other).replaceAll("-", "").startsWith(beginning),
        );
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
        const shared = unknown.filter((other) => keyIdBeginsWith(other, prefix.symbols));
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
    assert.equal(keyIdBeginsWith("sha256:", parseKeyIdPrefix(KEY_ID).symbols), false);
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
    assert.ok(looksLikeKeyId("benjaminschmitt"));
    for (const name of [
      "Benjamin Schmitt",
      "Benjamin Schroeder",
      "administrators",
      "Frankfurt-Gateway",
      "the quick brown fox",
      "desktop-windows",
    ]) {
      assert.equal(looksLikeKeyId(name), false, name);
    }
  });
});

describe("a text that is meant as a key id", () => {
  it("is one, right or mistyped, whole or cut", () => {
    const mistypes = [
      KEY_ID.replace("RADCGFI", "RADCGFX"),
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
