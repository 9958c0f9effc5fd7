import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { layOut, listLines } from "../../../../src/cli/trace/formats/text-layout.ts";

describe("the line of a message", () => {
  it("has its time, who sent it, its name, and its facts all in one column", () => {
    const short = layOut(3, "→", "Finished", "encrypted");
    const long = layOut(123_456, "←", "CertificateRequest", "of any authority");
    assert.equal(short.indexOf("encrypted"), long.indexOf("of any"));
    assert.match(short, /^ {3}0\.003 s {2}→ Finished +encrypted$/);
    assert.match(long, /^ 123\.456 s {2}← CertificateRequest +of any authority$/);
  });

  it("has no time before the connection's, and nothing at its end that is not seen", () => {
    assert.equal(layOut(-5, "→", "Finished", ""), "   0.000 s  → Finished");
  });

  it("is followed by details, their label once", () => {
    const [, first, second] = layOut(0, "→", "X", "", [{ label: "groups", lines: ["a,", "b"] }]).split("\n");
    assert.match(first ?? "", /^ +groups +a,$/);
    assert.match(second ?? "", /^ +b$/);
    assert.equal(first?.indexOf("a,"), second?.indexOf("b"));
  });
});

describe("a list in lines", () => {
  it("is none of nothing, and never splits what it lists", () => {
    assert.deepEqual(listLines([]), []);
    assert.deepEqual(listLines(["x".repeat(200), "y"]), [`${"x".repeat(200)},`, "y"]);
  });

  it("has what fits in each line, and of a long one how many more there are", () => {
    const items = Array.from({ length: 40 }, (_, at) => `item-${at}`);
    const lines = listLines(items);
    assert.equal(lines.length, 3);
    const shown = lines.join(" ").match(/item-/g)?.length ?? 0;
    assert.ok(lines.at(-1)?.endsWith(`, and ${40 - shown} more`));
    assert.equal(listLines(items, 100).join(" "), items.join(", "));
  });
});
