import assert from "node:assert/strict";
import { describe, it } from "node:test";
import canonicalize from "canonicalize";
import * as fc from "fast-check";
import { inOrder, toCanonicalText } from "../../../src/trust/records/canonical-text.ts";

describe("canonical text", () => {
  it("is what RFC 8785 says, whatever the data and the order of its names", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (data) => {
        assert.equal(toCanonicalText(data), canonicalize(data));
        assert.equal(toCanonicalText(inOrder(data)), canonicalize(data));
      }),
    );
  });

  it("is the same for names that a runtime puts into an order of its own", () => {
    for (const data of [
      { b: 1, a: 2 },
      { a: 1, 10: 2, 9: 3 },
      { A: 1, a: 2, é: 3, "\u{10000}": 4 },
    ]) {
      assert.equal(toCanonicalText(data), canonicalize(data));
      assert.equal(toCanonicalText(inOrder<unknown>(data)), canonicalize(data));
    }
  });

  it("leaves out what is not there", () => {
    assert.equal(toCanonicalText({ a: 1, b: undefined }), '{"a":1}');
    assert.equal(toCanonicalText({ a: { c: undefined, d: [undefined] } }), '{"a":{"d":[null]}}');
  });

  it("is the same for what looks like an escaped half of a pair", () => {
    const data = { a: String.raw`\ud800` };
    assert.equal(toCanonicalText(data), canonicalize(data));
  });

  it("is none for half of a surrogate pair, for what is no number, and for what has itself in it", () => {
    const circle: Record<string, unknown> = {};
    circle["a"] = circle;
    for (const data of [{ a: "\ud800" }, { "a\udc00": 1 }, { a: Number.NaN }, { a: Infinity }, circle])
      assert.throws(() => toCanonicalText(data));
  });
});
