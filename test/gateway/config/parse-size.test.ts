import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { HandclaspError } from "../../../src/errors.ts";
import { parseSize } from "../../../src/gateway/config/parse-size.ts";

describe("parseSize", () => {
  it("takes thousands and powers of two by their units, in any case", () => {
    for (const [text, bytes] of [
      ["1B", 1],
      ["500 B", 500],
      ["64kB", 64_000],
      ["64KB", 64_000],
      ["64KiB", 65_536],
      ["10MB", 10_000_000],
      ["10mib", 10_485_760],
      [" 2GiB ", 2_147_483_648],
      ["1TB", 1e12],
    ] as const)
      assert.equal(parseSize(text), bytes, text);
  });

  it("refuses what may be either, is none, or is more than can be counted", () => {
    for (const text of [
      "10",
      "10M",
      "10k",
      "0MB",
      "-1MB",
      "1.5MB",
      "1e3kB",
      "MB",
      "",
      "iB",
      "1ib",
      "9007199TiB",
    ]) {
      assert.throws(() => parseSize(text), { code: "ERR_HANDCLASP_OPTION", hint: /10MiB/ }, text);
    }
  });

  it("takes whole bytes or throws our error, whatever it is given", () => {
    const near = fc.stringMatching(/^ ?\d{0,16}[kKmMgGtT]?i?[bB]?$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), (text) => {
        try {
          assert.ok(Number.isSafeInteger(parseSize(text)) && parseSize(text) > 0);
        } catch (error) {
          assert.ok(error instanceof HandclaspError);
        }
      }),
    );
  });
});
