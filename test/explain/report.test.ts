import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Certainty, Explanation, Rule } from "../../src/explain/explanation.ts";
import { CAUSES } from "./causes.ts";
import { markOf } from "./report.ts";

function explained(certainty: Certainty, rule: Rule): Explanation {
  return { rule, certainty, evidence: [], remedies: [] };
}

const [expired = assert.fail()] = CAUSES;

describe("what is made of an explanation of a known cause", () => {
  it("is that it names the cause, has it among several, claims nothing or is wrong", () => {
    assert.ok(expired.rules.includes("certificate-expired"));
    const mark = (...explanations: readonly Explanation[]): string => markOf(expired, explanations);
    assert.equal(mark(explained("certain", "certificate-expired")), "named");
    assert.equal(
      mark(explained("likely", "certificate-expired"), explained("possible", "weak-key")),
      "named",
    );
    assert.equal(
      mark(explained("possible", "weak-key"), explained("possible", "certificate-expired")),
      "among",
    );
    assert.equal(mark(explained("likely", "weak-key"), explained("likely", "certificate-expired")), "among");
    assert.equal(mark(explained("possible", "weak-key")), "silent");
    assert.equal(mark(explained("certain", "not-explained")), "silent");
    assert.equal(mark(), "silent");
    assert.equal(mark(explained("likely", "weak-key")), "wrong");
    assert.equal(
      mark(explained("likely", "weak-key"), explained("possible", "certificate-expired")),
      "wrong",
    );
  });
});
