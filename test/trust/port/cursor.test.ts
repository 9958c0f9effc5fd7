import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limitOf, placeOf, toCursor } from "../../../src/trust/port/cursor.ts";

const NO_OPTION = { code: "ERR_HANDCLASP_OPTION" };

describe("how many items a page has", () => {
  it("is a hundred unless told, and at most a thousand", () => {
    assert.equal(limitOf({}), 100);
    for (const limit of [1, 1000]) assert.equal(limitOf({ limit }), limit);
    for (const limit of [0, -1, 1001, 1.5, Number.NaN, Infinity])
      assert.throws(() => limitOf({ limit }), NO_OPTION, `${limit}`);
  });
});

describe("a cursor", () => {
  it("says where the last item of a page stands", () => {
    assert.deepEqual(placeOf({ after: toCursor("keys", "b", 7) }, "keys", ["string", "number"]), ["b", 7]);
    assert.equal(placeOf({}, "keys", ["string"]), undefined);
  });

  it("is none of another list, of another shape, or of nobody's", () => {
    const after = toCursor("keys", "b", 7);
    assert.throws(() => placeOf({ after }, "tokens", ["string", "number"]), NO_OPTION);
    for (const shape of [["string"], ["number", "string"], ["string", "number", "number"]] as const)
      assert.throws(() => placeOf({ after }, "keys", shape), NO_OPTION);
    const texts = ["", "x", "e30", Buffer.from('"keys"').toString("base64url"), after.slice(1)];
    for (const text of texts) {
      assert.throws(() => placeOf({ after: text }, "keys", ["string", "number"]), NO_OPTION, text);
    }
  });
});
