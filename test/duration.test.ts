import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { isHandclaspError } from "../src/errors.ts";
import { durationUpTo, parseDuration, parseTimeout } from "../src/duration.ts";

describe("duration", () => {
  it("is a number and a unit, in milliseconds", () => {
    const texts = ["30s", "10m", "1h", "90d", "2w", " 1s\n"];
    assert.deepEqual(
      texts.map(parseDuration),
      [30_000, 600_000, 3_600_000, 7_776_000_000, 1_209_600_000, 1000],
    );
  });

  it("refuses anything else, and says what it takes", () => {
    for (const text of [
      "",
      "10",
      "m",
      "0s",
      "-1h",
      "1.5h",
      "1M",
      "1h30m",
      "1 h",
      "99999999999s",
      "36526d",
      "constructor",
    ]) {
      assert.throws(
        () => parseDuration(text),
        (error) => isHandclaspError(error, "ERR_HANDCLASP_OPTION") && error.hint?.includes("1h, 7d"),
        text,
      );
    }
  });

  it("is short enough for a timer where it is a timeout", () => {
    assert.equal(parseTimeout("24d"), 24 * 86_400_000);
    assert.ok(parseTimeout("24d") < 2 ** 31);
    assert.throws(() => parseTimeout("25d"), /25d is too long for a timeout/);
  });

  it("says of whatever is wrong how much it may be where it stands", () => {
    for (const [parse, most] of [
      [parseDuration, "36525d"],
      [parseTimeout, "24d"],
      [durationUpTo(90), "90d"],
    ] as const) {
      for (const text of ["10", "x", "0s", "99999999w"]) {
        assert.throws(
          () => parse(text),
          (error) =>
            isHandclaspError(error, "ERR_HANDCLASP_OPTION") && error.hint?.endsWith(`; at most ${most}`),
          `${text}, at most ${most}`,
        );
      }
    }
  });

  it("ends at a time that a date can hold", () => {
    const until = Date.parse("2030-01-01T00:00:00Z") + parseDuration("36525d");
    assert.equal(new Date(until).toISOString().slice(0, 4), "2130");
  });

  it("throws nothing but our own error, and only gives whole seconds", () => {
    const texts = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^\d{1,11}[smhdw]$/));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          const ms = parseDuration(text);
          assert.ok(ms >= 1000 && ms % 1000 === 0 && Number.isSafeInteger(ms));
        } catch (error) {
          assert.ok(isHandclaspError(error, "ERR_HANDCLASP_OPTION"));
        }
      }),
    );
  });
});
