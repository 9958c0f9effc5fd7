import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseEnd } from "../../../src/cli/command-line/parse-end.ts";

const NOW = Date.UTC(2030, 0, 1);

describe("when something is to end", () => {
  it("is so long from now, or a moment that says its zone", () => {
    assert.equal(parseEnd("90d", NOW), NOW + 90 * 86_400_000);
    assert.equal(parseEnd("2030-03-29T22:00Z", NOW), Date.UTC(2030, 2, 29, 22));
    assert.equal(parseEnd("2030-03-29T22:00+02:00", NOW), Date.UTC(2030, 2, 29, 20));
  });

  it("is neither a day nor a time without a zone", () => {
    for (const text of ["2030-03-29T22:00", "2030-13-01T00:00Z", "2030-", "soon", ""])
      assert.throws(() => parseEnd(text, NOW), { code: "ERR_HANDCLASP_OPTION" }, text);
  });
});
