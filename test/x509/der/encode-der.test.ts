import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { encodeDer, integerContent } from "../../../src/x509/der/encode-der.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a DER value that is written", () => {
  it("has its parts one behind the other", () => {
    assert.equal(hex(encodeDer(0x30, Uint8Array.of(5, 0), Uint8Array.of(2, 1, 7))), "30050500020107");
    assert.equal(hex(encodeDer(0x05)), "0500");
  });

  it("has its length in as few bytes as will do", () => {
    for (const [length, head] of [
      [0x7f, "047f"],
      [0x80, "048180"],
      [0xff, "0481ff"],
      [0x100, "04820100"],
      [0x1_0000, "0483010000"],
    ] as const) {
      const value = encodeDer(0x04, new Uint8Array(length));
      assert.equal(hex(value.subarray(0, value.length - length)), head);
    }
  });
});

describe("the content of an INTEGER", () => {
  it("is as short as can be, and never looks negative", () => {
    for (const [value, content] of [
      [0, "00"],
      [0x7f, "7f"],
      [0x80, "0080"],
      [0x100, "0100"],
      [0xffff, "00ffff"],
      [Number.MAX_SAFE_INTEGER, "1fffffffffffff"],
    ] as const)
      assert.equal(hex(integerContent(value)), content);
  });
});
