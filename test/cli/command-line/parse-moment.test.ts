import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseMoment } from "../../../src/cli/command-line/parse-moment.ts";

const NOW = Date.parse("2026-03-29T12:00:00Z");

describe("parseMoment", () => {
  it("takes a duration for so long ago", () => {
    assert.equal(parseMoment("24h", NOW), NOW - 86_400_000);
    assert.equal(parseMoment("7d", NOW), NOW - 7 * 86_400_000);
  });

  it("takes what lists print, and a day for its beginning", () => {
    assert.equal(parseMoment("2026-03-28T22:15Z", NOW), Date.UTC(2026, 2, 28, 22, 15));
    assert.equal(parseMoment("2026-03-28T22:15:01.250Z", NOW), Date.UTC(2026, 2, 28, 22, 15, 1, 250));
    assert.equal(parseMoment("2026-03-28T22:15+02:00", NOW), Date.UTC(2026, 2, 28, 20, 15));
    assert.equal(parseMoment("2026-03-28", NOW), Date.UTC(2026, 2, 28));
  });

  it("refuses what says no zone, and what is no time", () => {
    for (const text of ["2026-03-28T22:15", "2026-13-01", "yesterday", "24", "24y", "0h", "", "999999999d"]) {
      assert.throws(() => parseMoment(text, NOW), { code: "ERR_HANDCLASP_OPTION" }, text);
    }
  });
});
