import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { encodeName, encodeNames } from "../../../src/trust/naming/encode-name.ts";

describe("a name in a field", () => {
  it("is itself as long as it is plain", () => {
    for (const name of ["anna", "spiffe://example.org/anna", "anna@example.org", "A/b:c'd(e)"]) {
      assert.equal(encodeName(name), name);
    }
  });

  it("is percent-encoded where it is not", () => {
    assert.equal(encodeName('Jürgen "J", 100%;\\'), "J%C3%BCrgen%20%22J%22%2C%20100%25%3B%5C");
  });

  it("comes back by decoding, and is visible ASCII without separators", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        const encoded = encodeName(name);
        assert.equal(decodeURIComponent(encoded), name);
        assert.match(encoded, /^[!#-+\-.-:<-[\]-~]*$/);
      }),
    );
  });
});

describe("names in a field", () => {
  it("are separated by commas, which stand in none of them", () => {
    assert.equal(encodeNames([]), "");
    assert.equal(encodeNames(["staff"]), "staff");
    assert.equal(encodeNames(["staff", "a,b", "über"]), "staff,a%2Cb,%C3%BCber");
  });

  it("come back by splitting and decoding", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1 }), (names) => {
        assert.deepEqual(encodeNames(names).split(",").map(decodeURIComponent), names);
      }),
    );
  });
});
